// Tables of class "sortable" can be sorted by a press on a column's name; pressed again, the other way round.
(function () {
  'use strict';

  function keyOf(row, column) {
    var cell = row.cells[column];
    return cell.hasAttribute('data-key') ? cell.getAttribute('data-key') : cell.textContent.trim();
  }

  function toNumber(key) { return /^-?[\d,]*\.?\d+(e[-+]?\d{1,3})?$/.test(key) ? parseFloat(key.replace(/,/g, '')) : NaN; }

  // By number where all are numbers, else by words; what is not known comes last whichever way.
  function sort(table, column, isDown) {
    var body = table.tBodies[0];
    var entries = Array.prototype.map.call(body.rows, function (row, index) {
      return { row: row, index: index, key: keyOf(row, column) };
    });
    var areNumbers = entries.every(function (entry) { return entry.key === '' || !isNaN(toNumber(entry.key)); });
    entries.forEach(function (entry) { entry.order = areNumbers ? toNumber(entry.key) : entry.key; });
    entries.sort(function (a, b) {
      if (a.key === '' || b.key === '') return (a.key === '') - (b.key === '') || a.index - b.index;
      var order = a.order < b.order ? -1 : a.order > b.order ? 1 : 0;
      return (isDown ? -order : order) || a.index - b.index;
    });
    entries.forEach(function (entry) { body.appendChild(entry.row); });
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (cell, index) {
      if (index === column) cell.setAttribute('aria-sort', isDown ? 'descending' : 'ascending');
      else cell.removeAttribute('aria-sort');
    });
  }

  Array.prototype.forEach.call(document.querySelectorAll('table.sortable'), function (table) {
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (cell, column) {
      var button = document.createElement('button');
      button.type = 'button';
      while (cell.firstChild) button.appendChild(cell.firstChild);
      cell.appendChild(button);
      button.addEventListener('click', function () {
        sort(table, column, cell.getAttribute('aria-sort') === 'ascending');
      });
    });
  });
})();
