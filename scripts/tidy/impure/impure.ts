/**
 * Known to be impure: every statement must fail to compile under the options of the pure rooms.
 */
export const timer = setTimeout(() => undefined, 1);
export const environment = process.env;
export const buffer = Buffer.alloc(1);
export const request = fetch('https://example.org');
export const output = console.log('x');
export const socket = new WebSocket('wss://example.org');
export const file = import('node:fs');
export const page = document.title;
