-- Policies and rules that look at rows through a view.
CREATE TABLE members (name text PRIMARY KEY, active boolean NOT NULL);
INSERT INTO members VALUES ('ann', true), ('bob', false);
CREATE VIEW active_members AS SELECT name FROM members WHERE active;
CREATE TABLE orders (id int PRIMARY KEY, member text);
INSERT INTO orders VALUES (1, 'ann'), (2, 'bob');
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON orders USING (EXISTS (SELECT FROM active_members a WHERE a.name = member));
COMMENT ON POLICY own ON orders IS 'those of active members';
CREATE TABLE log (id int, member text);
CREATE RULE only_active AS ON INSERT TO log WHERE NOT EXISTS (SELECT FROM active_members a WHERE a.name = NEW.member) DO INSTEAD NOTHING;
CREATE VIEW loud AS SELECT upper(name) AS name FROM active_members;
CREATE RULE quiet AS ON INSERT TO loud DO INSTEAD INSERT INTO log SELECT 0, name FROM active_members;
ALTER TABLE log DISABLE RULE only_active;
