(function () {
	"use strict";

	function keyOf(row, column) {
		var cell = row.cells[column];
		var value = cell.getAttribute("data-v");

		if (value !== null)
			return Number(value);
		return cell.textContent === "" ? null : cell.textContent;
	}

	/* What is empty goes to the end, whichever way the others go. */
	function compare(a, b, sign) {
		if (a === null || b === null)
			return (a === null) - (b === null);
		if (typeof a === "number" && typeof b === "number")
			return sign * (a < b ? -1 : a > b ? 1 : 0);
		return sign * String(a).localeCompare(String(b), "en", {numeric: true});
	}

	function sortBy(table, head, column) {
		var body = table.tBodies[0];
		var ascending = head.getAttribute("aria-sort") !== "ascending";
		var rows = Array.prototype.map.call(body.rows, function (row, index) {
			return {row: row, key: keyOf(row, column), index: index};
		});

		rows.sort(function (a, b) {
			return compare(a.key, b.key, ascending ? 1 : -1) || a.index - b.index;
		});
		table.querySelectorAll("th").forEach(function (other) {
			other.removeAttribute("aria-sort");
		});
		head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
		rows.forEach(function (item) { body.appendChild(item.row); });
	}

	document.querySelectorAll("table.sortable").forEach(function (table) {
		table.querySelectorAll("th").forEach(function (head, column) {
			head.querySelector("button").addEventListener("click", function () {
				sortBy(table, head, column);
			});
		});
	});

	document.querySelectorAll(".filter").forEach(function (box) {
		var input = box.querySelector("input");
		var table = document.getElementById(input.getAttribute("data-table"));

		box.style.display = "block";
		input.addEventListener("input", function () {
			var wanted = input.value.toLowerCase();

			Array.prototype.forEach.call(table.tBodies[0].rows, function (row) {
				row.hidden = row.textContent.toLowerCase().indexOf(wanted) < 0;
			});
		});
	});
}());
