DELETE FROM orders WHERE id = 1; INSERT INTO members VALUES ('cyd', true);
