package com.bytefreezer.connector.text;

import java.util.ArrayList;
import java.util.List;

/** Rows of text in columns as wide as their longest cell, for a terminal. Picocli's table needs the widths beforehand. */
public final class Table {
    private Table() {}

    /**
     * One line for each row.
     *
     * @param rows each has as many cells as the first
     * @param between the text between two columns
     */
    public static List<String> lines(List<List<String>> rows, String between) {
        int[] widths = new int[rows.get(0).size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        return rows.stream().map(row -> line(row, widths, between)).toList();
    }

    private static String line(List<String> row, int[] widths, String between) {
        List<String> cells = new ArrayList<>();
        for (int i = 0; i < widths.length; i++) {
            cells.add(row.get(i) + " ".repeat(widths[i] - row.get(i).length()));
        }
        return String.join(between, cells).stripTrailing();
    }
}
