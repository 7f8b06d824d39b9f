import * as vscode from 'vscode';
import type { Metrics } from '../protocol';

export function percent(share: number): string {
  return new Intl.NumberFormat(vscode.env.language, { style: 'percent', maximumFractionDigits: 1 }).format(share);
}

export function number(value: number, digits = 4): string {
  return new Intl.NumberFormat(vscode.env.language, { maximumSignificantDigits: digits }).format(value);
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  const unit = count < 1024 ** 2 ? (['KiB', 1024] as const) : (['MiB', 1024 ** 2] as const);
  return `${number(count / unit[1], 3)} ${unit[0]}`;
}

/** Time as people say it, at most two units. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return vscode.l10n.t('{0} s', whole);
  const minutes = Math.round(whole / 60);
  return minutes < 60 ? vscode.l10n.t('{0} min', minutes) : vscode.l10n.t('{0} h {1} min', Math.floor(minutes / 60), minutes % 60);
}

const SHARES = /\/(top\d+|precision|recall|f1|balanced_accuracy|ece)$/;

/** A metric's value as people read it: shares in per cent. */
export function metric(name: string, value: number): string {
  return SHARES.test(name) ? percent(value) : number(value);
}

/** The accuracy that says most: of the test, else of the validation. */
export function accuracyOf(metrics: Metrics): number | undefined {
  return metrics['test/top1'] ?? metrics['val/top1'];
}

/** The accuracy with the images it was measured on. */
export function accuracyText(metrics: Metrics): string | undefined {
  const accuracy = accuracyOf(metrics);
  if (accuracy === undefined) return undefined;
  return metrics['test/top1'] === undefined ? vscode.l10n.t('val {0}', percent(accuracy)) : vscode.l10n.t('test {0}', percent(accuracy));
}

/** A Markdown table of metrics; names and values are ours or numbers, so nothing needs escaping but the bar. */
export function metricTable(metrics: Metrics): string {
  const rows = Object.entries(metrics).map(([name, value]) => `| ${name.replaceAll('|', '\\|')} | ${metric(name, value)} |`);
  return rows.length === 0 ? '' : ['| | |', '|:--|--:|', ...rows].join('\n');
}
