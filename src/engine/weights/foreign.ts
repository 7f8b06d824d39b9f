import * as l10n from '@vscode/l10n';

/**
 * Recognises files that are no safetensors by their first bytes, whatever they are called. Pickles run code when they
 * are opened, so ViT Lab never opens one.
 *
 * @returns what it is and what to do, or `undefined` when nothing is recognised.
 */
export function foreignFormat(bytes: Uint8Array, name?: string): string | undefined {
  if (looksLikeSafetensors(bytes)) return undefined;
  if (starts(bytes, 'PK\x03\x04') || starts(bytes, 'PK\x05\x06')) {
    return l10n.t('This is a zip archive (a PyTorch .pt/.pth file or an .npz), not safetensors. {0}', conversion(name));
  }
  if (isPickle(bytes)) {
    return l10n.t('This is a Python pickle, which can run code when it is opened; ViT Lab never opens one. {0}', conversion(name));
  }
  if (isOnnx(bytes)) return l10n.t('This is an ONNX model, whose weights have lost their names; ViT Lab writes such files and reads none. Open the weights that it was made from.');
  if (starts(bytes, '\x89HDF\r\n\x1a\n')) {
    return l10n.t('This is an HDF5 file (.h5 of Keras), not safetensors. Save the weights with safetensors in Python first.');
  }
  if (starts(bytes, '\x93NUMPY')) return l10n.t('This is a NumPy .npy file, not safetensors.');
  if (starts(bytes, '\x1f\x8b')) return l10n.t('This is a gzip file; unpack it first.');
  if (starts(bytes, 'version https://git-lfs')) {
    return l10n.t('This is a Git LFS pointer, not the file itself. Run `git lfs pull` first.');
  }
  if (starts(bytes, '<!DOCTYPE') || starts(bytes, '<html')) return l10n.t('This is a web page, not a model. Download the file again.');
  return undefined;
}

/** The line of Python that makes safetensors of a pickle: of the dictionary of weights, wherever in the file it lies. */
export function conversion(file = 'model.pth'): string {
  const stem = file.replace(/\.\w+$/, '') || 'model';
  // What is called safetensors and is none keeps its name.
  const out = `${stem}.safetensors` === file ? `${stem}-converted` : stem;
  const quoted = JSON.stringify(file).slice(1, -1).replaceAll("'", "\\'");
  const line = `python -c "import torch, safetensors.torch as s; d = torch.load('${quoted}', map_location='cpu', weights_only=True); d = d.get('model', d.get('state_dict', d.get('teacher', d))); s.save_file({k: v.clone().contiguous() for k, v in d.items() if hasattr(v, 'clone')}, '${out.replaceAll("'", "\\'")}.safetensors')"`;
  return l10n.t('Convert it where you trust its origin: {0}', line);
}

/** A ModelProto: its version of the format as the first field, and who made it as the second. */
function isOnnx(bytes: Uint8Array): boolean {
  return bytes[0] === 0x08 && bytes[1]! > 2 && bytes[1]! < 32 && bytes[2] === 0x12;
}

/** Protocol 2 and later open with PROTO and its number; 0 and 1 are text that opens with a mark or an import. */
function isPickle(bytes: Uint8Array): boolean {
  const version = bytes[1] ?? 0;
  if (bytes[0] === 0x80 && version >= 2 && version <= 5) return true;
  return /^(\((dp|lp)|c[\w.]+\n)/.test(String.fromCharCode(...bytes.subarray(0, 64)));
}

/** A header length below 2^32 and then an object: any other magic number seen in those bytes is the length by accident. */
function looksLikeSafetensors(bytes: Uint8Array): boolean {
  return bytes[8] === 0x7b && bytes.subarray(4, 8).every((byte) => byte === 0);
}

function starts(bytes: Uint8Array, magic: string): boolean {
  if (bytes.length < magic.length) return false;
  for (let i = 0; i < magic.length; i++) if (bytes[i] !== magic.charCodeAt(i)) return false;
  return true;
}
