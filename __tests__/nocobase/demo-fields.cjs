'use strict';
/** Short ways to write down fields and collections as NocoBase's collection manager wants them. */

/** Interface -> [field type, component in forms, more properties]. */
const KINDS = {
  input: ['string', 'Input'],
  textarea: ['text', 'Input.TextArea'],
  markdown: ['text', 'Markdown'],
  vditor: ['text', 'MarkdownVditor'],
  richText: ['text', 'RichText'],
  code: ['text', 'CodeEditor'],
  phone: ['string', 'Input'],
  email: ['string', 'Input'],
  url: ['text', 'Input.URL'],
  attachmentURL: ['string', 'AttachmentUrl', { target: 'attachments', targetKey: 'id' }],
  color: ['string', 'ColorSelect'],
  icon: ['string', 'IconPicker'],
  password: ['password', 'Password'],
  integer: ['bigInt', 'InputNumber'],
  number: ['double', 'InputNumber'],
  percent: ['float', 'Percent'],
  checkbox: ['boolean', 'Checkbox'],
  select: ['string', 'Select'],
  radioGroup: ['string', 'Radio.Group'],
  multipleSelect: ['array', 'Select', { defaultValue: [] }],
  checkboxGroup: ['array', 'Checkbox.Group', { defaultValue: [] }],
  datetime: ['date', 'DatePicker'],
  datetimeNoTz: ['datetimeNoTz', 'DatePicker'],
  date: ['dateOnly', 'DatePicker'],
  time: ['time', 'TimePicker'],
  unixTimestamp: ['unixTimestamp', 'UnixTimestamp'],
  json: ['json', 'Input.JSON'],
  uuid: ['uuid', 'Input'],
  nanoid: ['nanoid', 'NanoIDInput'],
  snowflakeId: ['snowflakeId', 'InputNumber'],
  id: ['bigInt', 'InputNumber'],
  sequence: ['sequence', 'Sequence'],
  formula: ['formula', 'Formula.Result', { engine: 'math.js', dataType: 'double' }],
  sort: ['sort', 'InputNumber'],
  point: ['point', 'Map'],
  lineString: ['lineString', 'Map'],
  circle: ['circle', 'Map'],
  polygon: ['polygon', 'Map'],
  chinaRegion: [
    'belongsToMany',
    'Cascader',
    { target: 'chinaRegions', targetKey: 'code', sourceKey: 'id', sortBy: 'level' },
  ],
  tableoid: ['virtual', 'CollectionSelect'],
};

const title = (name) =>
  name.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/^./, (letter) => letter.toUpperCase());

function field(name, kind, more = {}) {
  const [type, component, defaults] = KINDS[kind];
  const { options, ...rest } = more;
  const choices = options && {
    enum: options.map((value) => ({ value, label: title(value), color: 'blue' })),
  };
  return {
    name,
    interface: kind,
    type,
    ...defaults,
    ...rest,
    uiSchema: { title: title(name), 'x-component': component, ...choices },
  };
}

function relation(kind, type, name, target, more) {
  const uiSchema = { title: title(name), 'x-component': 'AssociationField' };
  return { name, interface: kind, type, target, onDelete: 'SET NULL', ...more, uiSchema };
}
const belongsTo = (name, target, foreignKey, more) =>
  relation('m2o', 'belongsTo', name, target, { foreignKey, targetKey: 'id', ...more });
const hasMany = (name, target, foreignKey, more) =>
  relation('o2m', 'hasMany', name, target, { foreignKey, sourceKey: 'id', targetKey: 'id', ...more });
const hasOne = (name, target, foreignKey) =>
  relation('oho', 'hasOne', name, target, { foreignKey, sourceKey: 'id' });
const manyToMany = (name, target, through, foreignKey, otherKey, more) =>
  relation('m2m', 'belongsToMany', name, target, {
    through,
    foreignKey,
    otherKey,
    sourceKey: 'id',
    targetKey: 'id',
    ...more,
  });

const attachments = (name, through) => ({
  ...manyToMany(name, 'attachments', through, 'f_owner', 'f_file', { interface: 'attachment' }),
  uiSchema: { title: title(name), type: 'array', 'x-component': 'Upload.Attachment' },
});

/** The primary key: snowflakeId is what NocoBase 2 gives to a new collection, id what NocoBase 1 gave. */
const KEYS = {
  snowflakeId: field('id', 'snowflakeId', { primaryKey: true, allowNull: false }),
  id: field('id', 'id', { primaryKey: true, autoIncrement: true, allowNull: false }),
  uuid: field('id', 'uuid', { primaryKey: true, allowNull: false }),
  nanoid: field('id', 'nanoid', { primaryKey: true, allowNull: false, size: 12 }),
};

const AUDIT = [
  { name: 'createdAt', interface: 'createdAt', type: 'date', field: 'createdAt' },
  {
    name: 'createdBy',
    interface: 'createdBy',
    type: 'belongsTo',
    target: 'users',
    foreignKey: 'createdById',
  },
  { name: 'updatedAt', interface: 'updatedAt', type: 'date', field: 'updatedAt' },
  {
    name: 'updatedBy',
    interface: 'updatedBy',
    type: 'belongsTo',
    target: 'users',
    foreignKey: 'updatedById',
  },
];

function collection(name, key, fields, more = {}) {
  const flags = { template: 'general', logging: true, autoGenId: false, createdBy: true, updatedBy: true };
  return {
    name,
    title: title(name),
    ...flags,
    ...more,
    fields: [...(KEYS[key] ? [KEYS[key]] : []), ...fields, ...AUDIT],
  };
}

const treeFields = (name) => [
  field('parentId', 'integer', { isForeignKey: true }),
  belongsTo('parent', name, 'parentId', { treeParent: true, onDelete: 'CASCADE' }),
  hasMany('children', name, 'parentId', { treeChildren: true, onDelete: 'CASCADE' }),
];

module.exports = {
  attachments,
  belongsTo,
  collection,
  field,
  hasMany,
  hasOne,
  manyToMany,
  relation,
  treeFields,
};
