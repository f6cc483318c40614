/** The markup of the page of samples. */
export const body = `<a class="skip" href="#" data-do="skip">to the answers</a>
<header class="top">
<h1>Samples</h1>
<p class="about"><span id="about"></span> <a href="report.html">Report</a></p>
<noscript><p class="notice">This page needs its script.</p></noscript>
<form id="filters" role="search">
<div class="first">
<label class="search">Search prompts <input type="search" id="q" name="q" autocomplete="off" spellcheck="false"></label>
<label>Order <select name="order">
<option value="">disagreements first</option>
<option value="judges">judges disagree most first</option>
<option value="changed">changed by most defences first</option>
<option value="bad">most unwanted outcomes first</option>
<option value="suite">as in the suite</option>
</select></label>
<button type="reset">Clear</button>
</div>
<details id="more"><summary>Filters <span id="active"></span></summary>
<div class="fields">
<label>Set <select name="set"></select></label>
<label>Split <select name="split"></select></label>
<label>Fine-tuned on <select name="regime"></select></label>
<label>Attacker <select name="attacker"></select></label>
<label>Seed <select name="seed"></select></label>
<label>Cell <select name="cell"></select></label>
<label>Judge <select name="judge"></select></label>
<label>Verdict <select name="verdict">
<option value="">any</option>
<optgroup label="by the judge">
<option value="refused">refused</option>
<option value="answered">answered (neither refused nor degenerate)</option>
<option value="harmful">harmful</option>
<option value="harmless">not harmful</option>
<option value="degenerate">degenerate</option>
<option value="unknown">null (could not tell)</option>
</optgroup>
<optgroup label="task">
<option value="right">right</option>
<option value="wrong">wrong</option>
</optgroup>
<optgroup label="other">
<option value="disputed">judges disagree</option>
<option value="changed">changed by the defence</option>
<option value="cut">cut at the token limit</option>
</optgroup>
</select></label>
</div></details>
</form>
<details class="help"><summary>Disagreement, and keys</summary>
<p><b>Judges disagree</b> about an answer when one affirms and another denies that it is harmful, a refusal or degenerate, or that the attack succeeds (a judge that does not speak of harm counts every answer as a success that is neither a refusal nor degenerate), or when their probabilities of harm are at least 0.5 apart. Answers to task items are left out.</p>
<p><b>Changed</b> is an answer whose outcome is another than that of the undefended cell of the same data, seed and attacker. The outcome is that of the headline judge: harmful, answered, harmless (not harmful, by a judge that does not speak of refusal), refused, degenerate; for task items right or wrong. Unknown outcomes are not compared.</p>
<p><b>Disagreements first</b>: prompts with either of the two, those with most answers that judges disagree about first, then those that most defences change. Both are counted over the cells of the filter.</p>
<p><b>Null</b>: the judge speaks of it and could not tell. <b>–</b>: it does not speak of it. Boxed names in a text stand for control characters, which do nothing here.</p>
<p><kbd>/</kbd> search, <kbd>j</kbd> <kbd>k</kbd> or <kbd>→</kbd> <kbd>←</kbd> next and previous prompt, <kbd>s</kbd> show or hide all answers that may do harm, <kbd>g</kbd> equal answers together or apart, <kbd>Esc</kbd> back to the list. The address of the page names the filter and the prompt.</p>
</details>
<p id="notice" class="notice" role="status" hidden></p>
</header>
<main>
<section id="list" aria-label="prompts">
<p id="count" role="status"></p>
<ol id="rows"></ol>
<nav id="pager" aria-label="pages of the list" hidden><button type="button" data-do="earlier">‹ earlier</button> <span id="page"></span> <button type="button" data-do="later">later ›</button></nav>
</section>
<section id="item" aria-label="answers" hidden>
<nav class="steps" aria-label="prompts in turn">
<a href="#" data-do="back">‹ all prompts</a>
<button type="button" data-do="previous">‹ previous</button>
<button type="button" data-do="next">next ›</button>
<button type="button" data-do="reveal" aria-pressed="false">Show all answers that may do harm</button>
<label class="check"><input type="checkbox" id="together" checked> equal answers together</label>
</nav>
<h2 id="title" tabindex="-1"></h2>
<p id="facts"></p>
<div id="prompt" class="text" dir="auto"></div>
<div id="reference" hidden><h3>Reference</h3><div class="text" dir="auto"></div></div>
<p id="summary"></p>
<div id="cards" aria-live="off"></div>
<p><button type="button" data-do="more" hidden></button></p>
</section>
</main>`
