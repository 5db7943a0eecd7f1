// `serve`: runs the gateway until it is told to stop.
import { createApp } from '../app.ts';
import { loadConfig } from '../config.ts';
import { createLogger, logChannels } from '../telemetry.ts';
import { untilSignal } from './signal.ts';

export const serve = {
  help: `serve: run the gateway

  --config FILE         configuration (default: config.yaml)
  --set key.path=value  override one key; may be repeated

A mistake in the configuration ends it with exit code 2. A directory that is down does not: the gateway answers 503 and keeps trying.`,
  options: { config: { type: 'string' }, set: { type: 'string', multiple: true } },

  async run(values: Readonly<Record<string, unknown>>): Promise<number> {
    const file = typeof values['config'] === 'string' ? values['config'] : 'config.yaml';
    const overrides = Array.isArray(values['set']) ? values['set'].map(String) : [];
    const config = loadConfig(file, { env: process.env, overrides });
    const logger = createLogger(config.log);
    const stopLogging = logChannels(logger);
    for (const { file: where, line, column, message } of config.warnings) logger.warn(`${where}:${line}:${column}: ${message}`);
    const app = createApp(config);
    const { url } = await app.start();
    for (const gateway of app.gateways)
      logger.info('serving', { directory: gateway.directory, url: `${url}${gateway.path}`, publicUrl: gateway.baseUrl });
    const signal = await untilSignal();
    logger.info('stopping', { signal });
    await app.stop();
    stopLogging();
    return 0;
  },
} as const;
