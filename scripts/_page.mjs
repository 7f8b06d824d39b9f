import { openBrowser } from './vscode-browser.mjs';
const b = await openBrowser(); const p = await b.newPage({ viewport: { width: 1300, height: 900 } });
const errs=[]; p.on('pageerror', e=>errs.push(String(e))); p.on('console', m=>m.type()==='error'&&errs.push(m.text()));
await p.goto('file://'+process.argv[2]); await p.waitForTimeout(1200); await p.hover('.hero-cells [data-patch="9"]').catch(()=>{}); await p.waitForTimeout(300);
await p.screenshot({ path: process.argv[3] }); 
for (const f of process.argv.slice(4)) { const q=await b.newPage({viewport:{width:1000,height:600}}); await q.goto('file://'+f); await q.waitForTimeout(300); await q.screenshot({path:'/tmp/shot-'+f.split('/').pop()+'.png'}); }
console.log(errs); await b.close();
