-- From 17 on no server makes such an index of a table that has rows: routines that it runs have no path there.
DO $$ BEGIN IF current_setting('server_version_num')::int >= 170000 THEN DROP INDEX town_plain; END IF; END $$;
