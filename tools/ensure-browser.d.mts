/** Path of a Chromium that can be started, or undefined. Throws when `CHROME_PATH` names something that is none. */
export declare function findBrowser(): string | undefined;
