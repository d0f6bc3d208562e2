CREATE EXTENSION unaccent;
CREATE TEXT SEARCH DICTIONARY plain (TEMPLATE = simple, stopwords = english, accept = false);
CREATE TEXT SEARCH DICTIONARY "it's" (TEMPLATE = snowball, language = dutch, stopwords = dutch);
CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = synonym, synonyms = 'synonym_sample', casesensitive = true);
\set ON_ERROR_STOP 0
-- Older servers want a word.
CREATE TEXT SEARCH DICTIONARY numbered (TEMPLATE = synonym, synonyms = 'synonym_sample', casesensitive = 1);
\set ON_ERROR_STOP 1
CREATE TEXT SEARCH CONFIGURATION app (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION app ALTER MAPPING FOR word, hword WITH unaccent, words, plain, "it's", simple;
ALTER TEXT SEARCH CONFIGURATION app DROP MAPPING FOR email;
CREATE TEXT SEARCH CONFIGURATION "empty One" (PARSER = pg_catalog."default");
COMMENT ON TEXT SEARCH CONFIGURATION app IS 'without accents';
COMMENT ON TEXT SEARCH DICTIONARY plain IS 'no English stop words';
CREATE TABLE articles (id int PRIMARY KEY, body text, found tsvector GENERATED ALWAYS AS (to_tsvector('app', body)) STORED);
INSERT INTO articles (id, body) VALUES (1, 'Één huis'), (2, 'the postgres');
CREATE INDEX articles_body ON articles USING gin (to_tsvector('app', body));
CREATE VIEW houses AS SELECT id FROM articles WHERE to_tsvector('app', body) @@ to_tsquery('app', 'huis');
CREATE FUNCTION search(q text) RETURNS SETOF articles LANGUAGE sql STABLE AS $$ SELECT * FROM articles WHERE found @@ to_tsquery('app', q) $$;
ALTER TABLE articles ADD CHECK (length(to_tsvector('app', body)) < 100);
