package com.bytefreezer.connector.lookup;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a CSV file with a header. Each value is a text, so that an id keeps its leading zeros. An empty value is NULL; otherwise it would match every record without a value. Used by one thread.
 */
final class CsvRows implements LookupRows {
    private static final ObjectReader READER = CsvMapper.builder()
            .enable(CsvParser.Feature.WRAP_AS_ARRAY)
            .enable(CsvParser.Feature.SKIP_EMPTY_LINES)
            .build()
            .readerFor(String[].class);
    /** Enough for a header. */
    private static final int FIRST_LINE = 64 * 1024;

    private final BufferedReader text;
    private final MappingIterator<@Nullable String[]> rows;
    private final String[] header;

    /** @throws BrokenLookup what is wrong with the header */
    CsvRows(BufferedReader text) throws IOException {
        this.text = text;
        rows = READER.with(CsvSchema.emptySchema().withColumnSeparator(separator()))
                .readValues(text);
        @Nullable String[] first = read();
        if (first == null) {
            throw new BrokenLookup("it is empty; a CSV file begins with the names of its columns");
        }
        header = new String[first.length];
        for (int i = 0; i < first.length; i++) {
            String name = first[i];
            header[i] = name == null ? "" : name.strip();
        }
    }

    /** The separators that some programs write instead of commas, for a header without a comma. */
    private char separator() throws IOException {
        text.mark(FIRST_LINE);
        char[] start = new char[FIRST_LINE];
        int length = Math.max(0, text.read(start));
        text.reset();
        String line = new String(start, 0, length).lines().findFirst().orElse("");
        return line.indexOf(',') >= 0 ? ',' : line.indexOf(';') >= 0 ? ';' : line.indexOf('\t') >= 0 ? '\t' : ',';
    }

    @Override
    public Map<String, String> columns() throws BrokenLookup {
        Map<String, String> columns = new LinkedHashMap<>();
        List<String> names = new ArrayList<>(Arrays.asList(header));
        LookupRows.requireNames(names);
        names.forEach(name -> columns.put(name, "VARCHAR"));
        return columns;
    }

    @Override
    public Object @Nullable [] next() throws IOException {
        @Nullable String[] row = read();
        if (row != null && row.length != header.length) {
            throw new BrokenLookup(
                    "line %d has %d values, and the header has %d".formatted(line(), row.length, header.length));
        }
        if (row != null) {
            Arrays.setAll(row, i -> "".equals(row[i]) ? null : row[i]);
        }
        return row;
    }

    private @Nullable String @Nullable [] read() throws IOException {
        try {
            return rows.hasNextValue() ? rows.nextValue() : null;
        } catch (JsonProcessingException e) {
            throw new BrokenLookup("line %d is not CSV (%s)".formatted(line(), e.getOriginalMessage()));
        }
    }

    private int line() {
        // The parser is already at the beginning of the next line.
        return Math.max(1, rows.getCurrentLocation().getLineNr() - 1);
    }
}
