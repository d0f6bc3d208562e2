'use strict';
/**
 * The collections of the demo company: what demo.cjs posts to collections:create, in an order in which every relation
 * finds its target. Between them they use every field type of a NocoBase with all its free plugins, five kinds of
 * primary key, and every kind of collection: general, tree, inherited, file, calendar, SQL and database view.
 */

const {
  attachments,
  belongsTo,
  collection,
  field,
  hasMany,
  hasOne,
  manyToMany,
  relation,
  treeFields,
} = require('./demo-fields.cjs');

const STATUS = ['draft', 'confirmed', 'shipped', 'paid', 'cancelled'];
const orderNumber = [
  { type: 'string', options: { value: 'SO-' } },
  { type: 'integer', options: { key: 1, digits: 6, start: 1, base: 10 } },
];

const collections = [
  collection('tags', 'nanoid', [
    field('name', 'input', { unique: true }),
    field('color', 'color'),
    field('icon', 'icon'),
  ]),

  collection(
    'categories',
    'id',
    [...treeFields('categories'), field('name', 'input'), field('slug', 'input', { unique: true })],
    { template: 'tree', tree: 'adjacencyList' },
  ),

  collection('customers', 'snowflakeId', [
    field('name', 'input', { allowNull: false }),
    field('segment', 'select', { options: ['retail', 'wholesale', 'public', 'export'] }),
    field('interests', 'multipleSelect', { options: ['garden', 'kitchen', 'workshop', 'office'] }),
    field('website', 'url'),
    field('email', 'email'),
    field('phone', 'phone'),
    field('address', 'textarea'),
    field('location', 'point'),
    field('creditLimit', 'number', { type: 'decimal', precision: 14, scale: 2 }),
    field('discount', 'percent'),
    field('active', 'checkbox', { defaultValue: true }),
    field('customerSince', 'date'),
    field('sort', 'sort', { hidden: true }),
    manyToMany('managers', 'users', 'customersManagers', 'customerId', 'userId'),
  ]),

  collection('contacts', 'snowflakeId', [
    field('fullName', 'input'),
    field('email', 'email'),
    field('phone', 'phone'),
    field('birthday', 'date'),
    field('channels', 'checkboxGroup', { options: ['email', 'phone', 'post'] }),
    field('salutation', 'radioGroup', { options: ['ms', 'mr', 'none'] }),
    field('notes', 'markdown'),
    belongsTo('customer', 'customers', 'customerId', {
      onDelete: 'CASCADE',
      reverseField: hasMany('contacts', 'contacts', 'customerId'),
    }),
  ]),

  collection('products', 'id', [
    field('sku', 'input', { unique: true }),
    field('name', 'input'),
    field('description', 'richText'),
    field('price', 'number', { type: 'decimal', precision: 12, scale: 4 }),
    field('cost', 'number'),
    field('margin', 'formula', { expression: '{{price}} - {{cost}}' }),
    field('stock', 'integer', { type: 'integer' }),
    field('barcode', 'integer'),
    field('color', 'color'),
    field('specification', 'json', { type: 'jsonb' }),
    field('manual', 'vditor'),
    field('datasheet', 'attachmentURL'),
    belongsTo('category', 'categories', 'categoryId'),
    attachments('pictures', 'productsPictures'),
  ]),

  collection('orders', 'snowflakeId', [
    field('number', 'sequence', { patterns: orderNumber }),
    field('status', 'select', { options: STATUS, defaultValue: 'draft' }),
    field('orderedAt', 'datetime'),
    field('deliverAt', 'datetimeNoTz'),
    field('paidAt', 'unixTimestamp'),
    field('pickupTime', 'time'),
    field('total', 'number', { type: 'decimal', precision: 14, scale: 2 }),
    field('remark', 'textarea'),
    belongsTo('customer', 'customers', 'customerId'),
  ]),
  collection('orderLines', 'id', [
    field('quantity', 'integer'),
    field('unitPrice', 'number', { type: 'decimal', precision: 12, scale: 4 }),
    field('amount', 'formula', { expression: '{{quantity}} * {{unitPrice}}' }),
    field('position', 'sort', { scopeKey: 'orderId' }),
    belongsTo('order', 'orders', 'orderId', {
      onDelete: 'CASCADE',
      reverseField: hasMany('lines', 'orderLines', 'orderId'),
    }),
    belongsTo('product', 'products', 'productId', { onDelete: 'RESTRICT' }),
  ]),
  collection('orderTags', 'id', [field('reason', 'input')]),

  collection('tickets', 'uuid', [
    field('subject', 'input'),
    field('body', 'markdown'),
    field('priority', 'radioGroup', { options: ['low', 'normal', 'urgent'] }),
    field('solved', 'checkbox'),
    field('dueAt', 'datetime'),
    belongsTo('customer', 'customers', 'customerId'),
    belongsTo('assignee', 'users', 'assigneeId'),
    field('watcherIds', 'json', {
      type: 'array',
      interface: 'json',
      dataType: 'array',
      elementType: 'string',
    }),
    relation('mbm', 'belongsToArray', 'watchers', 'tags', { foreignKey: 'watcherIds', targetKey: 'id' }),
    attachments('files', 'ticketsFiles'),
  ]),

  collection('people', 'snowflakeId', [
    field('name', 'input'),
    field('birthday', 'date'),
    hasOne('badge', 'badges', 'personId'),
    field('__collection', 'tableoid'),
  ]),
  collection(
    'employees',
    null,
    [field('salary', 'number', { type: 'decimal', precision: 12, scale: 2 }), field('hiredOn', 'date')],
    { inherits: ['people'] },
  ),
  collection('contractors', null, [field('agency', 'input'), field('hourlyRate', 'number')], {
    inherits: ['people'],
  }),
  collection('badges', 'id', [
    field('code', 'nanoid', { size: 8 }),
    relation('obo', 'belongsTo', 'person', 'people', { foreignKey: 'personId', targetKey: 'id' }),
  ]),

  collection(
    'events',
    'id',
    [
      field('title', 'input'),
      field('startsAt', 'datetime'),
      field('endsAt', 'datetime'),
      field('cron', 'input'),
      field('exclude', 'json'),
    ],
    { template: 'calendar', sortable: true },
  ),

  collection(
    'documents',
    'snowflakeId',
    [
      ...['title', 'filename', 'extname', 'mimetype'].map((name) => field(name, 'input')),
      field('size', 'integer', { type: 'integer' }),
      field('path', 'textarea'),
      field('url', 'url'),
      field('preview', 'url', { field: 'url' }),
      field('meta', 'json', { type: 'jsonb', defaultValue: {} }),
      belongsTo('storage', 'storages', 'storageId'),
    ],
    { template: 'file' },
  ),
];

/** Fields added after all collections exist, the way somebody extends a collection later. */
const lateFields = [['orders', manyToMany('tags', 'tags', 'orderTags', 'orderId', 'tagId')]];

const VIEW_SQL = `
  CREATE VIEW orders_by_month AS
  SELECT to_char(date_trunc('month', "orderedAt" AT TIME ZONE 'UTC'), 'YYYY-MM') AS month,
         "status", count(*) AS orders, sum("total") AS turnover
  FROM "orders" GROUP BY 1, 2`;

/** Collections which hold no rows of their own: over a database view (made before), and over a query. */
const views = [
  {
    name: 'ordersByMonth',
    title: 'Orders by month',
    template: 'view',
    view: true,
    viewName: 'orders_by_month',
    databaseView: 'public_orders_by_month',
    schema: 'public',
    autoGenId: false,
    timestamps: false,
    filterTargetKey: ['month', 'status'],
    fields: [
      field('month', 'input'),
      field('status', 'select', { source: 'orders.status', options: STATUS }),
      field('orders', 'integer'),
      field('turnover', 'number', { type: 'decimal' }),
    ],
  },
  {
    name: 'openTickets',
    title: 'Open tickets',
    template: 'sql',
    sql: 'SELECT "priority", count(*) AS "tickets" FROM "tickets" WHERE "solved" IS NOT TRUE GROUP BY 1',
    sources: ['tickets'],
    autoGenId: false,
    timestamps: false,
    filterTargetKey: 'priority',
    fields: [field('priority', 'radioGroup', { source: 'tickets.priority' }), field('tickets', 'integer')],
  },
];

module.exports = { collections, lateFields, views, VIEW_SQL };
