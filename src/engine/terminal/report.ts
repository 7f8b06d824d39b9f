import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { change, isSpoken } from '../language';
import { writeReport } from '../report/report';
import { text, UsageError, type Command, type Terminal } from './command';

export const reportCommand: Command = {
  get summary() {
    return l10n.t('write a report of runs: HTML, Markdown with figures, BibTeX');
  },
  usage: 'RUN… --out DIR [--baseline RUN] [--lang en|es] [--title TEXT] [--author NAME] [--data DIR] [--recorded] [--without-images] [--force] [--json]',
  options: {
    out: { type: 'string' }, baseline: { type: 'string' }, lang: { type: 'string' }, title: { type: 'string' }, author: { type: 'string' }, data: { type: 'string' },
    recorded: { type: 'boolean' }, 'without-images': { type: 'boolean' }, force: { type: 'boolean' },
  },
  get help() {
    return {
      out: l10n.t('folder for report.html, report.md, references.bib and the figures'),
      baseline: l10n.t('the run that the others are compared with (default: every configuration with every other, of more than four with the first)'),
      lang: l10n.t('language of the report (default: that of the terminal)'),
      title: l10n.t('title of the report'),
      author: l10n.t('who writes it'),
      data: l10n.t('another place of the dataset'),
      recorded: l10n.t('take only what the runs recorded: nothing is evaluated again, and there are no pictures of images and no paired tests'),
      'without-images': l10n.t('no image of the dataset is in the report, where it must not be passed on: mistakes are told by name, maps of attention stand alone'),
      force: l10n.t('replace an earlier report, with what its author wrote into it'),
    };
  },
  takes: [1, Infinity],
  async run(terminal) {
    const { output, engine, values } = terminal;
    const out = text(terminal, 'out');
    if (out === undefined) throw new UsageError(l10n.t('--out is needed'));
    const language = languageOf(terminal);
    // What goes wrong on the way is told in the report, too, and so in its language.
    if (language !== undefined) change(language);
    const given = (name: 'baseline' | 'title' | 'author' | 'data'): object => (text(terminal, name) === undefined ? {} : { [name]: text(terminal, name) });
    const question = { runs: terminal.args, out, ...given('baseline'), ...given('title'), ...given('author'), ...given('data'), ...(language !== undefined && { language }), recorded: values['recorded'] === true, withoutImages: values['without-images'] === true, force: values['force'] === true };
    const { signal } = terminal.call();
    const done = await writeReport(question, engine.looker, { signal, onProgress: (message, share) => output.progress(message, share) });
    output.settle();
    if (output.json) output.document(done);
    else {
      for (const note of done.notes) output.note(note);
      for (const file of [done.html, done.markdown, done.bibliography]) output.print(shown(file));
    }
    return 0;
  },
};

function languageOf(terminal: Terminal): string | undefined {
  const given = text(terminal, 'lang');
  if (given !== undefined && !(/^[a-z]{2,3}$/.test(given) && isSpoken(given))) throw new UsageError(l10n.t('--lang takes en or es, not {0}', given));
  return given;
}

function shown(file: string): string {
  const relative = path.relative('', file);
  return relative.startsWith('..') ? file : relative;
}
