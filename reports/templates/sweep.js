// Tables of class "sortable" can be sorted by a press on a column's name; pressed again, the other way round.
(function () {
  'use strict';
  function keyOf(row, column) {
    var cell = row.cells[column];
    var key = cell.hasAttribute('data-key') ? cell.getAttribute('data-key') : cell.textContent.trim();
    var isNumber = key !== '' && isFinite(key.replace(/,/g, ''));
    return { text: key, number: isNumber ? parseFloat(key.replace(/,/g, '')) : NaN };
  }
  function compare(a, b) {
    // Numbers before words, what is not known at the end whichever way it is sorted.
    var aIs = !isNaN(a.number), bIs = !isNaN(b.number);
    if (aIs && bIs) return a.number - b.number;
    if (aIs !== bIs) return aIs ? -1 : 1;
    return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
  }
  function sort(table, column, isDown) {
    var body = table.tBodies[0], rows = Array.prototype.slice.call(body.rows);
    rows = rows.map(function (row, index) { return { row: row, key: keyOf(row, column), index: index }; });
    rows.sort(function (a, b) {
      var aIsEmpty = a.key.text === '', bIsEmpty = b.key.text === '';
      if (aIsEmpty || bIsEmpty) return aIsEmpty - bIsEmpty || a.index - b.index;
      return (isDown ? compare(b.key, a.key) : compare(a.key, b.key)) || a.index - b.index;
    });
    rows.forEach(function (entry) { body.appendChild(entry.row); });
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
