-- Several routines of one name: the server then prints that name with its schema.
CREATE FUNCTION keep(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT greatest(a, b)';
CREATE FUNCTION keep(a text, b text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT greatest(a, b)';
CREATE FUNCTION told(a int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''top '' || a';
CREATE FUNCTION told(a text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''top '' || a';
CREATE AGGREGATE top(int) (SFUNC = keep, STYPE = int, FINALFUNC = told);
CREATE AGGREGATE top(text) (SFUNC = keep, STYPE = text, FINALFUNC = told, COMBINEFUNC = keep, MSFUNC = keep, MINVFUNC = keep, MSTYPE = text, MFINALFUNC = told);
CREATE FUNCTION apart(a float8, b float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT (a - b)::float8';
CREATE FUNCTION apart(a int, b int) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT (a - b)::float8';
CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = apart);
CREATE TABLE orders (id int PRIMARY KEY, worth span);
INSERT INTO orders VALUES (1, '[1,2)'), (2, '[2,9)');
CREATE VIEW best AS SELECT top(id) AS best FROM orders;
