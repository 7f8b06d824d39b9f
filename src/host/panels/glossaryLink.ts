import * as vscode from 'vscode';
import type { GlossaryLink } from '../../protocol';
import { commandIds } from '../ids';

/** How a panel's words lead to the glossary. */
export const glossaryLink = {
  openGlossary: ({ term }: Parameters<GlossaryLink['openGlossary']>[0]): void => void vscode.commands.executeCommand(commandIds.glossary, term),
};
