-- What mariadb.dump was made of: MariaDB 10.11, an app's tables as NocoBase makes them there, with nasty values.
CREATE TABLE applicationPlugins (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, createdAt datetime, name varchar(255) UNIQUE, packageName varchar(255), version varchar(255), enabled tinyint(1), options longtext CHECK (json_valid(options)));
INSERT INTO applicationPlugins VALUES (3, '2026-01-01 00:00:00', 'users', '@nocobase/plugin-users', '2.2.15', 1, '{"a":1}'), (4, NULL, 'off', '@nocobase/plugin-off', '2.2.15', 0, NULL);
CREATE TABLE applicationVersion (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, value varchar(255));
INSERT INTO applicationVersion VALUES (1, '2.2.15');
CREATE TABLE collections (`key` varchar(255) NOT NULL PRIMARY KEY, name varchar(255) UNIQUE, title varchar(255), options longtext CHECK (json_valid(options)), sort bigint);
CREATE TABLE fields (`key` varchar(255) NOT NULL PRIMARY KEY, name varchar(255), type varchar(255), collectionName varchar(255), options longtext CHECK (json_valid(options)));
INSERT INTO collections VALUES ('a', 'things', 'Things', '{"tableName":"things"}', 1), ('b', 'notes', 'Notes', '{}', 2);
INSERT INTO fields VALUES ('1', 'place', 'point', 'things', '{}'), ('2', 'area', 'polygon', 'things', '{}'), ('3', 'way', 'lineString', 'things', '{}'), ('4', 'wall', 'datetimeNoTz', 'things', '{}'), ('5', 'list', 'array', 'things', '{}'), ('6', 'ring', 'circle', 'things', '{}');
CREATE TABLE roles (name varchar(255) NOT NULL PRIMARY KEY, title varchar(255));
INSERT INTO roles VALUES ('admin', '{{t("Admin")}}');
CREATE TABLE users (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, nickname varchar(255), email varchar(255) UNIQUE, phone varchar(20), KEY users_nickname (nickname)) AUTO_INCREMENT=42;
INSERT INTO users VALUES (1, 'Super Admin', 'a@b.c', NULL), (7, 'O''Neil \\ "x"', NULL, '');
CREATE TABLE things (
  id bigint NOT NULL AUTO_INCREMENT, createdAt datetime NOT NULL, updatedAt datetime(3), createdById bigint,
  `na``me "q"` varchar(255) DEFAULT 'it''s', body longtext COMMENT 'a ''comment''', short text, flag tinyint(1) DEFAULT 1, tiny tinyint, whole int DEFAULT 0, big bigint unsigned,
  ratio decimal(20,10), plain decimal(10,0), real_one float, double_one double, day date, hour time, wall datetime, stamp timestamp NULL DEFAULT current_timestamp(),
  json longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin CHECK (json_valid(json)), list longtext CHECK (json_valid(list)), uuid char(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  bytes blob, bits varbinary(8), kind enum('a','b'), place longtext CHECK (json_valid(place)), area longtext CHECK (json_valid(area)), way longtext CHECK (json_valid(way)), ring longtext CHECK (json_valid(ring)),
  twice bigint GENERATED ALWAYS AS (whole * 2) STORED, path varchar(1024), made_year year,
  PRIMARY KEY (id), UNIQUE KEY things_pair (whole, kind), KEY things_created_by_id (createdById), KEY things_path (path(191)), FULLTEXT KEY words (body), KEY long_one (body(20)),
  CONSTRAINT things_owner FOREIGN KEY (createdById) REFERENCES users (id) ON DELETE SET NULL ON UPDATE CASCADE, CHECK (whole > -100)
) AUTO_INCREMENT=100;
INSERT INTO things (id, createdAt, updatedAt, createdById, `na``me "q"`, body, short, flag, tiny, whole, big, ratio, plain, real_one, double_one, day, hour, wall, stamp, json, list, uuid, bytes, bits, kind, place, area, way, ring, path, made_year) VALUES
 (1, '2024-02-29 23:59:59', '2024-02-29 23:59:59.999', 1, 'ends in a backslash \\', 'a;\'b\'\';\n-- no comment\n/* none */ DELIMITER ;;\t\r\0', 'quote " and \\'' and \\\\', 1, -128, -1, 18446744073709551615, 1234567890.0123456789, -5, 0.5, 5e-324, '0001-01-01', '23:59:59', '2024-06-01 12:00:00', '2024-06-01 12:00:00', '{"a": 1.10, "b": "x\\"y"}', '[1,"a\\\\"]', '11111111-1111-1111-1111-111111111111', X'00FF5C27', X'5C5C', 'a', '[1.5,-2]', '[[0,0],[1,0],[1,1]]', '[[0,0],[1,1]]', '[1,2,3]', '/1/2', 1999),
 (2, '1000-01-01 00:00:00', NULL, NULL, '', '😀 日本 \\n', '\\', 0, 1, 2, 0, NULL, NULL, -1.5, 1.7976931348623157e308, NULL, NULL, NULL, NULL, 'null', '[]', NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (3, '9999-12-31 23:59:59', NULL, 7, NULL, '''', '''''', NULL, NULL, 3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
UPDATE things SET body = REPLACE(body, CHAR(0), '') WHERE id = 1;
CREATE TABLE notes (id bigint NOT NULL PRIMARY KEY, text varchar(20));
CREATE TABLE chinaRegions (code varchar(10) PRIMARY KEY);
INSERT INTO chinaRegions VALUES ('1');
CREATE VIEW seen AS SELECT id FROM things;
DELIMITER //
CREATE TRIGGER evil BEFORE INSERT ON notes FOR EACH ROW BEGIN SET NEW.text = 'it''s; ran'; INSERT INTO roles VALUES ('x', '"'); END//
CREATE PROCEDURE worse() BEGIN SELECT ';'; END//
CREATE EVENT later ON SCHEDULE EVERY 1 DAY DO DELETE FROM users//
DELIMITER ;
