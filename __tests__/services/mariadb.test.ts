import { dialectSuite } from '../suites/dialect';
import { newMysql, startMysql, type Server } from './mysql';

let server: Server;
beforeAll(async () => {
  server = await startMysql();
});
afterAll(() => server.stop());

dialectSuite('MariaDB', () => newMysql(server));
