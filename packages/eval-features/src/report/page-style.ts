/**
 * @file How a report page looks: light and dark, on paper and on a phone.
 */
import { STYLE } from "../plot/theme.js";

/** Style sheet of the page and of the pictures in it. */
export const PAGE_STYLE = `:root{color-scheme:light dark;--ground:#eef0f3;--card:#fff;--ink:#1c2126;--quiet:#5b6470;--rule:#dfe3e8;--accent:#1f6fb4}
@media (prefers-color-scheme:dark){:root{--ground:#0e1114;--card:#14181d;--ink:#eef1f4;--quiet:#a3adb8;--rule:#2b323b;--accent:#6db3f2}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}
main{max-width:1080px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:0}h3{font-size:15px;margin:22px 0 8px}
p{margin:4px 0 12px}.quiet{color:var(--quiet)}
section{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:20px;margin:18px 0}
.tables{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:8px 32px}
.scroll{overflow-x:auto}.figures th,.figures td{padding:3px 6px;font-size:13px}abbr{text-decoration:none}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:6px 0}
th,td{padding:5px 8px;border-bottom:1px solid var(--rule);text-align:right;font-weight:400;white-space:nowrap}
th{color:var(--quiet);font-size:13px;white-space:normal;vertical-align:bottom}th:first-child,td:first-child{text-align:left}
td:first-child{color:var(--ink)}
dl{display:flex;flex-wrap:wrap;gap:4px 26px;margin:12px 0 0}dt{color:var(--quiet);font-size:12.5px}dd{margin:0}dl div{min-width:80px}
nav{display:flex;flex-wrap:wrap;gap:6px 14px;margin:14px 0 0}
a{color:var(--accent)}
.sample{border-top:1px solid var(--rule);margin-top:16px;padding-top:2px}
.picture{overflow-x:auto}.picture svg{width:100%;min-width:640px;height:auto;display:block}
.watch{display:grid;grid-template-columns:minmax(0,702px) minmax(220px,1fr);gap:16px 24px;align-items:start;margin:12px 0}
.watch img{width:100%;height:auto;display:block;border-radius:8px;image-rendering:auto}
summary{cursor:pointer;color:var(--quiet);margin:8px 0}
.warning{border-left:4px solid #d9622b;padding:2px 12px}
@media (max-width:760px){main{padding:18px 10px 40px}section{padding:14px 12px}.watch{grid-template-columns:1fr}}
@media print{body{background:#fff}section{break-inside:avoid;border:0}}
${STYLE}`;
