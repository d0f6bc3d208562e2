'use strict';
/** The menu of the demo company: a group of pages, each with a table of one collection. */

const PAGES = [
  ['customers', 'TeamOutlined', ['name', 'segment', 'email', 'phone', 'creditLimit', 'customerSince']],
  ['contacts', 'ContactsOutlined', ['fullName', 'customer', 'email', 'phone', 'birthday']],
  ['products', 'ShopOutlined', ['sku', 'name', 'category', 'price', 'margin', 'stock', 'pictures']],
  ['orders', 'ShoppingCartOutlined', ['number', 'customer', 'status', 'orderedAt', 'total', 'tags']],
  ['tickets', 'CustomerServiceOutlined', ['subject', 'customer', 'priority', 'solved', 'assignee', 'files']],
  ['employees', 'IdcardOutlined', ['name', 'birthday', 'salary', 'hiredOn']],
  ['samples', 'ExperimentOutlined', ['sequence', 'input', 'decimal', 'select', 'datetime', 'color', 'point']],
];

const node = (component, properties, more) => ({
  type: 'void',
  'x-component': component,
  ...more,
  properties,
});

function column(collection, name) {
  const value = {
    'x-collection-field': `${collection}.${name}`,
    'x-component': 'CollectionField',
    'x-component-props': { ellipsis: true },
    'x-read-pretty': true,
    'x-decorator': null,
  };
  const settings = { 'x-toolbar': 'TableColumnSchemaToolbar', 'x-settings': 'fieldSettings:TableColumn' };
  return node(
    'TableV2.Column',
    { [name]: value },
    { 'x-decorator': 'TableV2.Column.Decorator', ...settings },
  );
}

function tableBlock(collection, columns) {
  const table = {
    type: 'array',
    'x-component': 'TableV2',
    'x-initializer': 'table:configureColumns',
    'x-use-component-props': 'useTableBlockProps',
    'x-component-props': { rowKey: 'id', rowSelection: { type: 'checkbox' } },
    properties: Object.fromEntries(columns.map((name) => [name, column(collection, name)])),
  };
  const actions = node('ActionBar', {}, { 'x-initializer': 'table:configureActions' });
  return node(
    'CardItem',
    { actions, table },
    {
      'x-acl-action': `${collection}:list`,
      'x-decorator': 'TableBlockProvider',
      'x-use-decorator-props': 'useTableBlockDecoratorProps',
      'x-decorator-props': {
        dataSource: 'main',
        collection,
        action: 'list',
        params: { pageSize: 20 },
        rowKey: 'id',
      },
      'x-toolbar': 'BlockSchemaToolbar',
      'x-settings': 'blockSettings:table',
    },
  );
}

/** Makes the menu through the API. `random` gives the ids of the parts, which have to be unique in NocoBase. */
async function createPages(api, random) {
  const newUid = () => `d${random.hex(10)}`;
  const group = await api('desktopRoutes:create', {
    type: 'group',
    title: 'Sales',
    icon: 'ShopOutlined',
    schemaUid: newUid(),
  });
  for (const [collection, icon, columns] of PAGES) {
    const page = newUid();
    const tab = newUid();
    const tabName = newUid();
    await api('desktopRoutes:create', {
      type: 'page',
      title: collection.replace(/^./, (letter) => letter.toUpperCase()),
      icon,
      parentId: group.id,
      schemaUid: page,
      menuSchemaUid: newUid(),
      enableTabs: false,
      children: [{ type: 'tabs', schemaUid: tab, tabSchemaName: tabName, hidden: true }],
    });
    const grid = node('Grid.Row', { column: node('Grid.Col', { block: tableBlock(collection, columns) }) });
    const body = node(
      'Grid',
      { row: grid },
      { 'x-uid': tab, 'x-initializer': 'page:addBlock', 'x-async': true },
    );
    await api('uiSchemas:insert', node('Page', { [tabName]: body }, { 'x-uid': page }));
  }
}

module.exports = { createPages };
