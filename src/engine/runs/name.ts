import { randomBytes } from 'node:crypto';
import type { Config } from '../config/schema';
import { networkName, type ViTSpec } from '../model/spec';

/** What a run is called: its own name, or model and data, e.g. "vit-p4-d64-l6 cifar10" and "vit-p4-d64-l6 flowers fine-tuned". */
export function runName(config: Config, datasetName: string, spec: ViTSpec): string {
  return config.name ?? `${networkName(spec)} ${datasetName}${config.finetune ? ' fine-tuned' : ''}`;
}

/** A new folder name for a run: its name, the local time, and four random digits against two that start at once. */
export function folderName(name: string, now: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return `${slug(name)}_${day}-${time}_${randomBytes(2).toString('hex')}`;
}

/** Letters that every file system takes; never empty, hidden, or long. */
function slug(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').trim().replace(/\s+/g, '_');
  return plain.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '').slice(0, 60) || 'run';
}
