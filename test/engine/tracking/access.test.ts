import { expect, test } from 'vitest';
import { addressOf, isExposed, serverFor } from '../../../src/engine/tracking/access';

const kept = { 'https://mlflow.example.org': { token: 'kept' } };

test('the wish goes before the configuration, that before the settings, and those before the environment', () => {
  const env = { MLFLOW_TRACKING_URI: 'http://env:1', MLFLOW_EXPERIMENT_NAME: 'env' };
  const access = { uri: 'http://settings:1', experiment: 'settings' };
  const config = { uri: 'http://config:1', experiment: 'config' };
  expect(serverFor({ uri: 'http://wish:1/', experiment: 'wish' }, config, access, env)).toEqual({ server: { uri: 'http://wish:1' }, experiment: 'wish' });
  expect(serverFor({}, config, access, env)).toEqual({ server: { uri: 'http://config:1' }, experiment: 'config' });
  expect(serverFor({}, {}, access, env)).toEqual({ server: { uri: 'http://settings:1' }, experiment: 'settings' });
  expect(serverFor({}, {}, {}, env)).toEqual({ server: { uri: 'http://env:1' }, experiment: 'env' });
  expect(serverFor({}, {}, {}, {})).toBeNull();
  expect(serverFor({ uri: 'http://a' }, {}, {}, {})).toMatchObject({ experiment: 'Default' });
});

test('credentials belong to a server: a configuration from elsewhere gets none sent to its own', () => {
  const env = { MLFLOW_TRACKING_URI: 'https://ours.example.org', MLFLOW_TRACKING_TOKEN: 'env' };
  expect(serverFor({}, { uri: 'https://mlflow.example.org/base' }, { credentials: kept }, {})?.server).toEqual({ uri: 'https://mlflow.example.org/base', credentials: { token: 'kept' } });
  expect(serverFor({}, { uri: 'https://mlflow.example.org:8443' }, { credentials: kept }, {})?.server.credentials).toBeUndefined();
  expect(serverFor({}, { uri: 'http://mlflow.example.org' }, { credentials: kept }, {})?.server.credentials).toBeUndefined();
  expect(serverFor({}, { uri: 'https://theirs.example.org' }, {}, env)?.server.credentials).toBeUndefined();
  expect(serverFor({}, {}, {}, env)?.server.credentials).toEqual({ token: 'env' });
  // Who gives a token and no server means the one that is named elsewhere.
  expect(serverFor({ uri: 'http://a' }, {}, {}, { MLFLOW_TRACKING_USERNAME: 'me', MLFLOW_TRACKING_PASSWORD: 'p', MLFLOW_TRACKING_TOKEN: 't' })?.server.credentials).toEqual({ user: 'me', password: 'p' });
});

test('a user and a password in an address are taken out of it', () => {
  expect(addressOf('https://me:p%40ss@host:1/base/')).toEqual({ uri: 'https://host:1/base', credentials: { user: 'me', password: 'p@ss' } });
});

test.each(['', 'host:5000', 'sqlite:///x.db', 'databricks', 'file:///tmp'])('"%s" is no address, and says which is', (given) => {
  expect(() => addressOf(given)).toThrow(/begins with http/);
});

test('an address that is none does not tell its password', () => {
  expect(() => addressOf('ftp://me:secret@host')).toThrow(/"ftp:\/\/…@host"/);
});

test('what is secret is exposed on a network without encryption, and not on this machine', () => {
  const credentials = { token: 't' };
  expect(isExposed({ uri: 'http://host:1', credentials })).toBe(true);
  expect(isExposed({ uri: 'http://host:1' })).toBe(false);
  for (const uri of ['https://host', 'http://127.0.0.1:5000', 'http://localhost:5000', 'http://[::1]:5000']) expect(isExposed({ uri, credentials })).toBe(false);
});
