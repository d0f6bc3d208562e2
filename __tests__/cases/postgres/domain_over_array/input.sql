CREATE DOMAIN grades AS int[] CHECK (cardinality(VALUE) <= 3);
CREATE DOMAIN best AS grades CHECK (VALUE[1] > 0);
CREATE TABLE pupils (id int PRIMARY KEY, grades grades, best best, all_of grades[]);
INSERT INTO pupils VALUES (1, '{1,2}', '{3}', '{"{1}","{2}"}');
