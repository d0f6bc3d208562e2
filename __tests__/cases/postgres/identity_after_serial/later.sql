INSERT INTO orders (title) VALUES ('later'); SELECT nextval('orders_id_seq');
