drop extension pg_stat_statements; drop extension pg_buffercache;
