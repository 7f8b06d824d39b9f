import * as l10n from '@vscode/l10n';
import { UserError } from '../../userError';
import type { ModelFile } from '../modelFile';
import { clip } from './clip';
import { google } from './google';
import { hfClip, hfDinov2, hfViT4, hfViT5 } from './huggingface';
import type { Scheme, Understood } from './scheme';
import { timm } from './timm';
import { torchvision } from './torchvision';

const schemes: readonly Scheme[] = [google, torchvision, clip, hfDinov2, hfViT4, hfViT5, hfClip, timm];

/** What training scripts wrap a network in. */
const wrapper = /^(?:module|_orig_mod|backbone|model|state_dict|teacher|student|ema|model_ema|timm_model|vit|net|network|encoder_q)\./;

/** A file whose scheme is known. */
export interface Recognised extends Understood {
  readonly scheme: Scheme;
}

/**
 * Finds out who named the tensors of a file, and gives them timm's names and layout.
 *
 * @throws UserError when no scheme knows the names, showing them, or when there is more than one network in the file
 */
export function recognise(file: ModelFile): Recognised {
  const names = stripped(file);
  const all = [...names.values()];
  const fitting = schemes.filter(({ mark }) => all.some((name) => mark.test(name)));
  const [scheme, second] = fitting;
  if (!scheme) throw new UserError(l10n.t('{0} is not in a scheme of names that ViT Lab knows ({1}). It holds:\n{2}', file.file, schemes.map(({ label }) => label).join('; '), tree(file)), { file: file.file });
  if (second) throw new UserError(l10n.t('{0} holds networks of two schemes, {1} and {2}; save one of them by itself.', file.file, scheme.label, second.label), { file: file.file });
  const understood = scheme.understand(file, names);
  return { scheme, ...understood };
}

/** Names without wrappers. */
function stripped({ file, tensors }: ModelFile): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const owners = new Map<string, string>();
  for (const original of tensors.keys()) {
    let name = original;
    while (wrapper.test(name)) name = name.replace(wrapper, '');
    const other = owners.get(name);
    if (other !== undefined)
      throw new UserError(l10n.t('{0} holds more than one network: {1} and {2} are the same tensor of two. Save one of them by itself.', file, other, original), { file });
    owners.set(name, original);
    names.set(original, name);
  }
  return names;
}

/** The first parts of the names with how many tensors are below each. */
function tree({ tensors }: ModelFile): string {
  const counts = new Map<string, number>();
  for (const name of tensors.keys()) {
    const top = name.split(/[./]/).slice(0, 2).join('.');
    counts.set(top, (counts.get(top) ?? 0) + 1);
  }
  const lines = [...counts].map(([top, count]) => (count === 1 ? `  ${top}` : `  ${top}.… (${count})`));
  return [...lines.slice(0, 20), ...(lines.length > 20 ? [`  … (${lines.length - 20})`] : [])].join('\n');
}
