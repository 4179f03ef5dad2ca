package com.bytefreezer.connector.input.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.bytefreezer.connector.receive.Piece;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Rows of CSV as events: each value is a text, so that an id keeps its leading zeros; an empty one is left out. For one
 * thread.
 *
 * @param separator between values
 * @param names of the members; a name that comes twice has a number
 * @param headerBytes of the first row, with its end
 */
record CsvRows(char separator, List<String> names, int headerBytes) {
    private static final ObjectReader READER =
            CsvMapper.builder().enable(CsvParser.Feature.WRAP_AS_ARRAY).build().readerFor(String[].class);

    /** Reads the header of a file. */
    static CsvRows of(Path file, String separator, int longest) throws IOException {
        ByteArrayOutputStream row = new ByteArrayOutputStream();
        try (InputStream text = FileText.open(file)) {
            byte[] head = text.readNBytes(longest);
            char between = separator.isEmpty() ? separatorIn(head) : separator.charAt(0);
            Cutter cutter = new Cutter.Rows(between);
            boolean ended = false;
            for (int i = 0; i < head.length && !ended; i++) {
                row.write(head[i]);
                ended = cutter.endsWith(head[i]);
            }
            if (!ended && head.length == longest) {
                throw new BrokenFileException(
                        "its first row, which names the columns, is longer than %,d bytes".formatted(longest));
            }
            return new CsvRows(between, names(values(row.toByteArray(), between)), row.size());
        } catch (JsonProcessingException | CharacterCodingException e) {
            throw new BrokenFileException("its first row, which names the columns, is not CSV in UTF-8");
        }
    }

    /** What some programs write instead of commas, for a header without a comma. */
    private static char separatorIn(byte[] head) {
        String line = new String(head, UTF_8).lines().findFirst().orElse("");
        return line.indexOf(',') >= 0 ? ',' : line.indexOf(';') >= 0 ? ';' : line.indexOf('\t') >= 0 ? '\t' : ',';
    }

    private static List<String> names(String[] header) {
        Set<String> taken = new TreeSet<>();
        List<String> names = new ArrayList<>();
        for (String each : header) {
            String name = each == null || each.isBlank() ? "column" : each.strip();
            String free = name;
            for (int number = 2; !taken.add(free.toLowerCase(Locale.ROOT)); number++) {
                free = name + "_" + number;
            }
            names.add(free);
        }
        return names;
    }

    private static String[] values(byte[] row, char separator) throws IOException {
        String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(row)).toString();
        try (var rows = READER.with(CsvSchema.emptySchema().withColumnSeparator(separator))
                .<String[]>readValues(text)) {
            return rows.hasNextValue() ? rows.nextValue() : new String[0];
        }
    }

    /** The event of a row; empty if the row is. */
    Optional<Piece> event(byte[] row) throws IOException {
        if (new String(row, UTF_8).isBlank()) {
            return Optional.empty();
        }
        String[] values;
        try {
            values = values(row, separator);
        } catch (JsonProcessingException | CharacterCodingException e) {
            return Optional.of(Piece.flawed(row, "the row is not CSV in UTF-8"));
        }
        if (values.length != names.size()) {
            return Optional.of(Piece.flawed(
                    row, "the row has %d values, and the header has %d".formatted(values.length, names.size())));
        }
        StringBuilder json = new StringBuilder("{");
        for (int i = 0; i < values.length; i++) {
            if (values[i] != null && !values[i].isEmpty()) {
                quote(json.append(json.length() > 1 ? "," : ""), names.get(i));
                quote(json.append(':'), values[i]);
            }
        }
        return Optional.of(Piece.event(json.append('}').toString().getBytes(UTF_8)));
    }

    private static void quote(StringBuilder json, String text) {
        json.append('"')
                .append(JsonStringEncoder.getInstance().quoteAsString(text))
                .append('"');
    }
}
