/**
 * @file Who may ask: pages of this server, and programs on this machine. A page elsewhere on the web can make a browser send
 * requests here; its name in `Host` (DNS rebinding) or in `Origin` gives it away.
 */
import { isIP } from "node:net";
import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";

/** Largest body of a request. */
export const MAX_BODY_BYTES = 4096;

/**
 * Refuse requests by another name, and changes that another page asks for.
 *
 * @param host - the name that the server was told to listen on; addresses and `localhost` are always its own
 */
export function guard(host: string): MiddlewareHandler {
  return async (context, next) => {
    const asked = context.req.header("host") ?? "";
    const name = hostname(asked);
    if (name === null || !(isIP(name) || name === "localhost" || name === host.toLowerCase())) {
      return context.json({ error: "This server does not answer to that name." }, 421);
    }
    const site = context.req.header("sec-fetch-site");
    const reading = context.req.method === "GET" || context.req.method === "HEAD";
    // A link to the page is welcome; data and changes are for the page itself.
    if (site !== undefined && site !== "same-origin" && site !== "none" && !(reading && context.req.path === "/")) {
      return context.json({ error: "Requests of other pages are refused." }, 403);
    }
    if (!reading) {
      const origin = context.req.header("origin");
      if (origin !== undefined && !sameHost(origin, asked)) return context.json({ error: "Requests of other pages are refused." }, 403);
      if (!/^application\/json\s*(;|$)/i.test(context.req.header("content-type") ?? "")) {
        return context.json({ error: "expected application/json" }, 415);
      }
    }
    return next();
  };
}

/** Headers that keep the page to itself: nothing from elsewhere, in no frame. */
export const sealed: MiddlewareHandler = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", "data:"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  crossOriginResourcePolicy: "same-origin",
  crossOriginOpenerPolicy: "same-origin",
  referrerPolicy: "no-referrer",
  xFrameOptions: "DENY",
  strictTransportSecurity: false,
});

/** The name in a `Host` header, without port and brackets. */
function hostname(host: string): string | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/.exec(host);
  return match ? (match[1] ?? match[2]).toLowerCase() : null;
}

function sameHost(origin: string, host: string): boolean {
  try {
    return new URL(origin).host === host.toLowerCase();
  } catch {
    return false;
  }
}
