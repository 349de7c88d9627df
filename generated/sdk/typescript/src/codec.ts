/** How parameters are written and answers are read. Each operation imports what it needs. */

import { parsed } from './problem.js';

type Single = string | number | boolean;

/**
 * A parameter in the path. Of an empty text or of dots a URL would make another path, also if they are encoded, so
 * these cannot be sent.
 */
export function segment(value: Single): string {
  if (/^\.{0,2}$/.test(String(value))) {
    throw new RangeError(`"${value}" cannot be a part of a path`);
  }
  return encodeURIComponent(value);
}

/** `name=value` */
export function single(name: string, value: Single | undefined): string[] {
  return value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`];
}

/** `name=a&name=b` */
export function repeated(name: string, values: readonly Single[] | undefined): string[] {
  return (values ?? []).flatMap((value) => single(name, value));
}

/** `name=a,b` */
export function joined(name: string, values: readonly Single[] | undefined): string[] {
  return values?.length ? [`${encodeURIComponent(name)}=${values.map(encodeURIComponent).join(',')}`] : [];
}

/** `name[member]=value` */
export function deep(name: string, object: object | undefined): string[] {
  return Object.entries(object ?? {}).flatMap(([member, value]) => single(`${name}[${member}]`, value as Single));
}

/** A body that is JSON. */
export async function json(response: Response): Promise<unknown> {
  return parsed(await response.text(), response);
}

/** A body that is text. */
export function text(response: Response): Promise<string> {
  return response.text();
}

/** No body. */
export async function nothing(): Promise<undefined> {
  return undefined;
}

/** A header that is true or false. */
export function flag(value: string): boolean {
  return value === 'true';
}
