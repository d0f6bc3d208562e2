'use strict';
/** The rows and files of the demo company. */
const { png } = require('./demo-data.cjs');
const { sampleRows, EXTREMES_SQL } = require('./demo-samples.cjs');

const times = (count, make) => Array.from({ length: count }, (_, index) => make(index));

const CATEGORIES = [
  'Furniture/Tables',
  'Furniture/Chairs/Office chairs',
  'Furniture/Chairs/Garden chairs',
  'Kitchen/Knives',
  'Kitchen/Pans/Cast iron',
  'Garden/Hoses',
  'Garden/Rakes',
  'Workshop/Saws/Japanese saws 鋸',
  'Workshop/Drills',
  'Office/Paper',
  'Office/Mugs',
];

/** Returns the customers, as NocoBase has stored them. */
async function createRows({ api, sql, random, users, log }) {
  const created = {};

  /** Creates many rows by few requests, and remembers them as created[collection]. */
  async function insert(collection, rows) {
    const result = [];
    for (let at = 0; at < rows.length; at += 250) {
      result.push(...(await api(`${collection}:create`, rows.slice(at, at + 250))));
    }
    created[collection] = result;
    log(`${collection}: ${rows.length} rows`);
    return result;
  }
  const idOf = (collection) => random.pick(created[collection]).id;

  function upload(name, type, content, path = 'attachments:create') {
    const form = new FormData();
    form.append('file', new Blob([content], { type }), name);
    return api(path, form);
  }

  // Trade.
  await insert(
    'tags',
    ['urgent', 'gift', 'fragile', 'VIP ⭐', 'export', 'returned', 'sample', 'prepaid'].map((name) => ({
      name,
      color: random.color(),
      icon: 'TagOutlined',
    })),
  );
  const paths = {};
  for (const path of CATEGORIES) {
    let parent = null;
    for (const [depth, name] of path.split('/').entries()) {
      const slug = path
        .split('/')
        .slice(0, depth + 1)
        .join('-')
        .toLowerCase();
      paths[slug] ??= await api('categories:create', { name, slug, parentId: parent?.id ?? null });
      parent = paths[slug];
    }
  }
  created.categories = Object.values(paths);

  const staff = () => ({ id: random.pick(users).id });
  await insert(
    'customers',
    times(400, () => ({
      name: random.company(),
      segment: random.pick(['retail', 'wholesale', 'public', 'export']),
      interests: random.some(['garden', 'kitchen', 'workshop', 'office']),
      website: random.maybe(0.7, () => `https://www.${random.hex(6)}.example/?q=a%20b&c=d#e`),
      email: `office@${random.hex(6)}.example`,
      phone: random.phone(),
      address: `${random.words(1, 2)} ${random.int(1, 99)}\n${random.digits(5)} ${random.words(1, 1)}`,
      location: random.maybe(0.8, random.point),
      creditLimit: random.maybe(0.8, () => random.money(90000)),
      discount: random.int(0, 30) / 100,
      active: random.chance(0.9),
      customerSince: random.isoDate(),
      managers: [staff()],
    })),
  );
  await insert(
    'contacts',
    times(900, () => ({
      fullName: random.person(),
      email: `${random.hex(8)}@mail.example`,
      phone: random.maybe(0.8, random.phone),
      birthday: random.maybe(0.5, random.isoDate),
      channels: random.some(['email', 'phone', 'post']),
      salutation: random.pick(['ms', 'mr', 'none']),
      notes: random.maybe(0.4, () => `## ${random.sentence()}\n\n${random.paragraphs()}`),
      customerId: idOf('customers'),
    })),
  );

  const pictures = [];
  for (const index of times(16, (n) => n)) {
    const color = [random.int(0, 255), random.int(0, 255), random.int(0, 255)];
    pictures.push(
      await upload(
        `picture ${index} – 写真.png`,
        'image/png',
        png(...color),
        'attachments:create?attachmentField=products.pictures',
      ),
    );
  }
  await insert(
    'products',
    times(220, (index) => {
      const cost = random.int(100, 50000) / 100;
      return {
        sku: `P-${String(index + 1).padStart(5, '0')}`,
        name: random.product(),
        description: `<p>${random.sentence()}</p><p><b>${random.words(2, 4)}</b></p>`,
        price: (cost * 1.4).toFixed(4),
        cost,
        stock: random.int(0, 900),
        barcode: `40${random.digits(11)}`,
        color: random.color(),
        specification: {
          weight: random.int(1, 900) / 10,
          size: [random.int(1, 99), random.int(1, 99)],
          note: random.sentence(),
        },
        manual: `# ${random.words(2, 4)}\n\n${random.paragraphs()}`,
        categoryId: idOf('categories'),
        pictures: random.some(pictures, 2).map(({ id }) => ({ id })),
      };
    }),
  );
  await insert(
    'orders',
    times(2000, () => ({
      status: random.pick(['draft', 'confirmed', 'shipped', 'paid', 'paid', 'cancelled']),
      orderedAt: random.isoTime(),
      deliverAt: random.maybe(0.7, () => random.isoTime().slice(0, 19).replace('T', ' ')),
      paidAt: random.maybe(0.5, random.isoTime),
      pickupTime: random.maybe(0.3, random.time),
      total: random.money(20000),
      remark: random.maybe(0.4, random.sentence),
      customerId: idOf('customers'),
    })),
  );
  await insert(
    'orderLines',
    created.orders.flatMap((order) =>
      times(random.int(1, 4), () => ({
        orderId: order.id,
        productId: idOf('products'),
        quantity: random.int(1, 40),
        unitPrice: random.money(500),
      })),
    ),
  );
  await insert(
    'orderTags',
    created.orders.flatMap((order) =>
      random
        .some(created.tags, 2)
        .map((tag) => ({ orderId: order.id, tagId: tag.id, reason: random.maybe(0.3, random.sentence) })),
    ),
  );

  // Support, staff, calendar, files.
  const files = [
    await upload('note.txt', 'text/plain', 'A note.\nWith two lines and an ümlaut.\n'),
    await upload("l'été (1) 報告.csv", 'text/csv', 'a;b\n1;"x""y"\n'),
    await upload('empty.bin', 'application/octet-stream', ''),
    await upload('random.bin', 'application/octet-stream', Buffer.from(random.hex(400000), 'hex')),
  ];
  await insert(
    'tickets',
    times(700, () => ({
      subject: random.sentence().slice(0, 200),
      body: random.paragraphs(),
      priority: random.pick(['low', 'normal', 'urgent']),
      solved: random.maybe(0.9, () => random.chance(0.7)),
      dueAt: random.maybe(0.8, random.isoTime),
      customerId: idOf('customers'),
      assigneeId: random.maybe(0.8, () => random.pick(users).id),
      watchers: random.some(created.tags, 3).map((tag) => tag.id),
      files: random.chance(0.1) ? [{ id: random.pick(files).id }] : [],
    })),
  );
  const person = () => ({ name: random.person(), birthday: random.isoDate() });
  await insert('people', times(40, person));
  await insert(
    'employees',
    times(90, () => ({ ...person(), salary: random.money(99000), hiredOn: random.isoDate() })),
  );
  await insert(
    'contractors',
    times(20, () => ({ ...person(), agency: random.company(), hourlyRate: random.int(20, 200) })),
  );
  await insert(
    'badges',
    [...created.people, ...created.employees].map((owner) => ({ code: random.hex(8), personId: owner.id })),
  );
  await insert(
    'events',
    times(120, () => {
      const start = random.moment();
      const repeated = random.chance(0.1) ? { cron: 'every_week', exclude: [random.isoDate()] } : {};
      return {
        title: random.words(2, 5),
        startsAt: start,
        endsAt: new Date(+start + 3600000 * random.int(1, 30)),
        ...repeated,
      };
    }),
  );
  for (const index of times(8, (n) => n)) {
    await upload(`contract ${index}.txt`, 'text/plain', random.paragraphs(), 'documents:create');
  }
  const regions = await api('chinaRegions:list?pageSize=200&sort=code');
  await insert('samples', sampleRows(random, 300, regions));
  for (const statement of EXTREMES_SQL) await sql(statement);

  return created.customers;
}

module.exports = { createRows };
