drop schema ref cascade;
