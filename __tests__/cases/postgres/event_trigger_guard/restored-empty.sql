drop event trigger no_drop;
