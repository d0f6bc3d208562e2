drop view site_country; drop schema ref cascade;
