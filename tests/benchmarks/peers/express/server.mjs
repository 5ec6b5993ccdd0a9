// Shopify's own package for Express, set up as its README says: it verifies each delivery, then calls our callback.
// With DATABASE the callback commits the delivery durably before the answer; without, it does nothing.
import Database from 'better-sqlite3';
import express from 'express';
import {ApiVersion, DeliveryMethod, LogSeverity} from '@shopify/shopify-api';
import {shopifyApp} from '@shopify/shopify-app-express';
import {MemorySessionStorage} from '@shopify/shopify-app-session-storage-memory';

const {PORT, SECRET, DATABASE} = process.env;

const shopify = shopifyApp({
  api: {
    apiKey: 'benchmark', apiSecretKey: SECRET, scopes: ['read_orders'], hostName: '127.0.0.1', hostScheme: 'http',
    apiVersion: Object.values(ApiVersion).at(-1), isEmbeddedApp: true, logger: {level: LogSeverity.Error},
  },
  auth: {path: '/auth', callbackPath: '/auth/callback'},
  webhooks: {path: '/webhooks'},
  sessionStorage: new MemorySessionStorage(),
});

function keeper() {
  if (!DATABASE) return async () => {};
  const database = new Database(DATABASE);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec('CREATE TABLE inbox (shop TEXT, delivery_id TEXT, topic TEXT, body TEXT, PRIMARY KEY (shop, delivery_id))');
  const insert = database.prepare('INSERT INTO inbox VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING');
  return async (topic, shop, body, deliveryId) => { insert.run(shop, deliveryId, topic, body); };
}

const webhookHandlers = {
  ORDERS_CREATE: {deliveryMethod: DeliveryMethod.Http, callbackUrl: '/webhooks', callback: keeper()},
};
express()
  .post('/webhooks/shopify/orders/create', ...shopify.processWebhooks({webhookHandlers}))
  .listen(Number(PORT), '127.0.0.1');
