/**
 * Why a request is refused; null for one of the page itself. A page of another origin may name 127.0.0.1 (its requests say
 * so in Origin or Sec-Fetch-Site), or have its own name resolve to it (its requests say so in Host).
 */
export function refusal({ method, headers }: Request, port: number): string | null {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`], host = headers.get("host") ?? "";
  if (!hosts.includes(host)) return `Host is not ${hosts.join(" or ")}.`;
  const origin = headers.get("origin");
  if (origin !== null && origin !== `http://${host}`) return "Origin is another one.";
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") return "The request comes from another site.";
  return method === "GET" ? null : "Only GET is answered.";
}

/** Headers of every answer. There is no header that lets other origins read it. */
export const safeHeaders: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};
