// Every page of the shell: each module looks for its own marks in the page and does nothing without them.
import "./keys.js";
import "./scanner.js";
import "./search.js";
import "./palette.js";
import "./table.js";
import "./form.js";
import "./dialog.js";
