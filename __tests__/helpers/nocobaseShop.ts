/** A few tables as NocoBase keeps them, with relations that only its fields know of, and the fields. */
const field = (collection: string, name: string, type: string, options: object, shown = ''): string =>
  `('${collection}-${name}', '${name}', '${type}', '${shown}', '${collection}', '${JSON.stringify(options)}')`;

export const NOCOBASE_SHOP = `
  CREATE TABLE "applicationPlugins" (name text, version text, enabled boolean, "packageName" text);
  INSERT INTO "applicationPlugins" VALUES ('users', '1', true, '@nocobase/plugin-users');
  CREATE TABLE collections (key varchar(255) PRIMARY KEY, name varchar(255), title varchar(255), options json);
  INSERT INTO collections VALUES ('c1', 'customers', 'Customers', '{}'), ('c2', 'orders', 'Orders', '{}'), ('c3', 'tags', NULL, '{}');
  CREATE TABLE fields (key varchar(255) PRIMARY KEY, name varchar(255), type varchar(255), interface varchar(255), "collectionName" varchar(255), options json);
  INSERT INTO fields VALUES ${[
    field('customers', 'orders', 'hasMany', { target: 'orders', foreignKey: 'customerId', sourceKey: 'id' }),
    field('customers', 'papers', 'belongsToMany', {
      target: 'attachments',
      through: 'customer_papers',
      foreignKey: 'customer_id',
      otherKey: 'paper_id',
    }),
    field('customers', 'createdBy', 'belongsTo', { target: 'users', foreignKey: 'createdById' }, 'createdBy'),
    field('orders', 'customer', 'belongsTo', {
      target: 'customers',
      foreignKey: 'customerId',
      targetKey: 'id',
    }),
    field('orders', 'tags', 'belongsToMany', {
      target: 'tags',
      through: 'order_tags',
      foreignKey: 'order_id',
      otherKey: 'tag_id',
    }),
    field('customers', 'door', 'string', { hidden: true }),
  ].join(', ')};
  CREATE TABLE storages (id bigint PRIMARY KEY, name varchar(255), type varchar(255), options json);
  INSERT INTO storages VALUES (1, 'local', 'local', '{"documentRoot": "storage/uploads"}'), (2, 'cloud', 's3', '{}');
  CREATE TABLE attachments (id bigint PRIMARY KEY, title text, filename varchar(255), path varchar(255), "storageId" bigint);
  INSERT INTO attachments VALUES (1, 'contract', 'a.txt', '', 1), (2, 'photo', 'b.bin', 'deep/er', 1), (3, 'far', 'c.bin', '', 2);
  CREATE TABLE users (id bigint PRIMARY KEY, nickname text);
  INSERT INTO users VALUES (1, 'Ann');
  CREATE TABLE customers (id bigint PRIMARY KEY, name text, door text, "createdById" bigint);
  INSERT INTO customers VALUES (7, 'Seven', 'hush-7', 1), (8, 'Eight', 'hush-8', 1);
  CREATE TABLE customer_papers (customer_id bigint, paper_id bigint, PRIMARY KEY (customer_id, paper_id));
  INSERT INTO customer_papers VALUES (7, 2), (8, 1), (8, 2);
  CREATE TABLE orders (id bigint PRIMARY KEY, "customerId" bigint, status text);
  INSERT INTO orders VALUES (1, 7, 'paid'), (2, 7, 'open'), (3, 7, 'paid'), (4, 8, 'open');
  CREATE TABLE tags (id bigint PRIMARY KEY, name text);
  INSERT INTO tags VALUES (1, 'red');
  CREATE TABLE order_tags (order_id bigint, tag_id bigint, PRIMARY KEY (order_id, tag_id));
  INSERT INTO order_tags VALUES (1, 1), (4, 1);`;

/** The customer goes with all that is his, as somebody deletes it. */
export const NOCOBASE_DELETED = [
  'DELETE FROM customers WHERE id = 7',
  'DELETE FROM orders WHERE id IN (1, 2, 3)',
  'DELETE FROM order_tags WHERE order_id = 1',
  'DELETE FROM customer_papers WHERE customer_id = 7',
  'DELETE FROM attachments WHERE id = 2',
];
