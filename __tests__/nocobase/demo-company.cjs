'use strict';
/** The people of the demo company, what its administrator has set up, and a workflow. */
const { connect } = require('./boot.cjs');

const PASSWORD = 'Demo-2024!';

/** Everybody of the company: name, department, role. */
const STAFF = [
  ['amara', 'Amara Okafor', 'Management', 'manager'],
  ['bjorn', 'Björn Þórsson', 'Sales', 'manager'],
  ['chiara', "Chiara D'Angelo", 'Sales', 'sales'],
  ['dmitri', 'Дмитрий Соколов', 'Sales export', 'sales'],
  ['eun-ji', '김은지', 'Sales export', 'sales'],
  ['fatima', 'فاطمة الزهراء', 'Support', 'support'],
  ['goncalo', 'Gonçalo Araújo', 'Support', 'support'],
  ['hana', 'Hana Dvořáková', 'Support', 'support'],
  ['ines', 'Inés Núñez 🌻', 'Warehouse', 'member'],
  ['jun', '李俊', 'Warehouse', 'member'],
  ['kwame', 'Kwame Mensah', 'IT', 'admin'],
  ['lucie', 'Lucie Lefèvre', 'Finance', 'auditor'],
];
const DEPARTMENTS = {
  Company: null,
  Management: 'Company',
  Sales: 'Company',
  'Sales export': 'Sales',
  Support: 'Company',
  Operations: 'Company',
  Warehouse: 'Operations',
  IT: 'Operations',
  Finance: 'Company',
};
const ROLES = [
  {
    name: 'manager',
    title: 'Manager',
    snippets: ['ui.*', '!pm', '!app'],
    strategy: { actions: ['create', 'view', 'export', 'update', 'destroy'] },
  },
  {
    name: 'sales',
    title: 'Sales',
    snippets: ['!ui.*', '!pm', '!app'],
    strategy: { actions: ['create', 'view', 'update:own'] },
  },
  {
    name: 'support',
    title: 'Support',
    snippets: ['!ui.*', '!pm', '!app'],
    strategy: { actions: ['create', 'view', 'update:own'] },
  },
  {
    name: 'auditor',
    title: 'Auditor – read only',
    snippets: ['!ui.*', '!pm', '!app'],
    strategy: { actions: ['view'] },
  },
];

/** Roles, the tree of departments, and the users. */
async function createStaff(api, random) {
  for (const role of ROLES) await api('roles:create', role);
  const departments = {};
  for (const [name, parent] of Object.entries(DEPARTMENTS)) {
    const department = await api('departments:create', {
      title: name,
      parent: parent && { id: departments[parent] },
    });
    departments[name] = department.id;
  }
  const users = [];
  for (const [username, nickname, department, role] of STAFF) {
    const roles = [{ name: role }, ...(role === 'manager' ? [{ name: 'sales' }] : [])];
    const email = `${username}@demo.example`;
    const user = await api('users:create', {
      username,
      nickname,
      email,
      phone: random.phone(),
      password: PASSWORD,
      roles,
    });
    await api(`departments/${departments[department]}/members:add`, [user.id]);
    users.push(user);
  }
  await api(`departments:update?filterByTk=${departments.Sales}`, { owners: [{ id: users[1].id }] });
  return users;
}

/** Things an administrator sets up once, and misses badly after an incomplete restore. */
async function createSettings(api, users) {
  await api('environmentVariables:create', {
    name: 'SMTP_HOST',
    type: 'default',
    value: 'smtp.demo.example',
  });
  await api('environmentVariables:create', {
    name: 'SMTP_PASSWORD',
    type: 'secret',
    value: 'pässwörd "quoted" \\ 密码',
  });
  await api('notificationChannels:create', {
    name: 's_inapp',
    title: 'In the app',
    notificationType: 'in-app-message',
    options: {},
  });
  const smtp = {
    host: '{{$env.SMTP_HOST}}',
    port: 587,
    account: 'robot',
    password: '{{$env.SMTP_PASSWORD}}',
  };
  await api('notificationChannels:create', {
    name: 's_mail',
    title: 'Mail',
    notificationType: 'email',
    options: smtp,
  });
  await api('publicForms:create', {
    title: 'Complaint',
    collection: 'main:tickets',
    type: 'form',
    enabled: true,
    description: 'For customers',
  });
  await api('apiKeys:create', { name: 'Warehouse scanner', role: { name: 'admin' }, expiresIn: '30d' });
  await api('systemSettings:update?filterByTk=1', { title: 'Demo Trading Ltd. — デモ商事' });
  await api(`users:update?filterByTk=${users[4].id}`, { appLang: 'ko-KR' });
}

/** A workflow that has run, tickets made by an ordinary user, and a message in somebody's inbox. */
async function createAutomation(admin, random, customers) {
  const { api } = admin;
  const workflow = await api('workflows:create', {
    title: 'Answer urgent tickets',
    type: 'collection',
    sync: true,
    current: true,
    options: { stackLimit: 1, deleteExecutionOnStatus: [] },
    config: { collection: 'tickets', mode: 1, changed: [], condition: { $and: [] }, appends: [] },
  });
  const first = await api(`workflows/${workflow.id}/nodes:create`, {
    title: 'Length of the subject',
    type: 'calculation',
    config: { engine: 'formula.js', expression: 'LEN({{$context.data.subject}})' },
  });
  await api(`workflows/${workflow.id}/nodes:create`, {
    title: 'Put into the calendar',
    type: 'create',
    upstreamId: first.id,
    config: {
      collection: 'events',
      usingAssignFormSchema: true,
      params: { values: { title: 'Ticket: {{$context.data.subject}}' }, appends: [] },
    },
  });
  await api(`workflows:update?filterByTk=${workflow.id}`, { enabled: true });

  const support = await connect(admin.url).signIn('fatima@demo.example', PASSWORD);
  for (const subject of ['Broken lamp', 'Wrong colour', '"Quoted" subject']) {
    await support.api('tickets:create', {
      subject,
      priority: 'urgent',
      customerId: random.pick(customers).id,
    });
  }
}

module.exports = { createAutomation, createSettings, createStaff };
