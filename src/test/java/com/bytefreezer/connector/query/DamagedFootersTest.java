package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.testing.SharedDuckDb;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Footers that do not tell the truth: of rows, and of the values of columns. */
class DamagedFootersTest {
    private static final int ROWS = 1500;
    private static final String SELECT = """
            SELECT i AS id, i::INTEGER AS small, printf('x%05d', i) AS text, i::DOUBLE AS number, i::DECIMAL(18, 2) AS amount,
              make_timestamp(1000000 * i) AS time, DATE '1970-01-01' + i::INTEGER AS day, [i] AS list, {'a': i} AS nested
            FROM range(1, 1501) AS t(i)""";

    @TempDir
    private Path folder;

    private LocalDataset dataset;

    @BeforeEach
    void open() {
        dataset = new LocalDataset(folder);
    }

    @AfterEach
    void close() {
        dataset.close();
    }

    /** Counts, as a footer has them: the first is the file's, the last the row group's, the others those of columns. */
    @ParameterizedTest
    @CsvSource({
        "first, 1400, 'it claims 1,400 rows, but its row groups have 1,500'",
        "first, 1600, 'it claims 1,600 rows, but its row groups have 1,500'",
        "last,  1400, 'it claims 1,500 rows, but its row groups have 1,400'",
        "last,  1600, 'a row group has different numbers of rows and of values'",
        "last, -1500, 'a row group has different numbers of rows and of values'",
        "last,  -100, 'a row group has different numbers of rows and of values'",
        "third, 1400, 'a row group has different numbers of rows and of values'",
    })
    void anObjectWhoseRowsAreNotCertainFailsByName(String which, int count, String reason) throws IOException {
        var object = dataset.write("a.parquet", SELECT);
        var good = dataset.write("b.parquet", "SELECT 1 AS id");
        patch(object, count(ROWS), count(count), which);

        assertThatThrownBy(() -> dataset.records("SELECT id FROM events", object))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("its footer is damaged: " + reason);
        assertThat(dataset.records("SELECT id FROM events", good)).hasSize(1);
    }

    @Test
    void aFileThatDoesNotSayItsRowsIsRead() throws IOException {
        var object = dataset.write("a.parquet", "SELECT i AS id FROM range(10) AS t(i)");
        patch(object, count(10), count(0), "first");

        assertThat(dataset.records("SELECT id FROM events", object)).hasSize(10);
    }

    @Test
    void statisticsThatHaveNoTextCostNoRecord() {
        var object = dataset.write(
                "a.parquet",
                "SELECT make_timestamp_ns(unnest([-9223372036854775808, -9223372036854775806, 0])) AS time");
        dataset.write("b.parquet", "SELECT make_timestamp_ns(1) AS time");

        assertThat(dataset.records("SELECT * FROM events", object))
                .containsExactly(
                        "{\"time\":null}",
                        "{\"time\":\"1677-09-21T00:12:43.145225Z\"}",
                        "{\"time\":\"1970-01-01T00:00:00Z\"}");
        assertThat(dataset.records("SELECT * FROM events")).hasSize(4);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "id = 1500",
                "id > 1499",
                "id IN (0, 1500)",
                "id BETWEEN 1500 AND 1501",
                "small = 1500",
                "text = 'x01500'",
                "text LIKE 'x015%'",
                "number >= 1500",
                "amount = 1500.00",
                "time = make_timestamp(1500 * 1000000)",
                "day = DATE '1970-01-01' + 1500",
                "list[1] = 1500",
                "nested.a = 1500",
                "id = 1500 AND text = 'x01500'",
                "id = (SELECT 1500)",
            })
    @Tag("slow")
    void aFilterGivesWhatTheRecordsHaveNotWhatStatisticsSay(String filter) throws IOException {
        var object = dataset.write("a.parquet", SELECT);
        for (byte[] largest : List.of(
                bytes(Long.BYTES).putLong(ROWS).array(),
                bytes(Integer.BYTES).putInt(ROWS).array(),
                "x01500".getBytes(StandardCharsets.UTF_8),
                bytes(Double.BYTES).putDouble(ROWS).array(),
                bytes(Long.BYTES).putLong(ROWS * 100L).array(),
                bytes(Long.BYTES).putLong(ROWS * 1_000_000L).array())) {
            patch(object, largest, new byte[largest.length], "all");
        }

        assertThat(dataset.records("SELECT id FROM events WHERE " + filter, object))
                .containsExactly("{\"id\":1500}");
        assertThat(dataset.records("SELECT id FROM events ORDER BY time DESC LIMIT 1", object))
                .containsExactly("{\"id\":1500}");
        assertThat(dataset.records("SELECT max(id) AS id FROM events", object)).containsExactly("{\"id\":1500}");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLongTextIsDeliveredEvenIfTheFooterHidesIt(boolean omitNulls) throws SQLException {
        long length = 3 * LargeRecords.mostInStream();
        String others = IntStream.range(0, RowRendering.FEW_COLUMNS)
                .mapToObj(i -> ", CASE WHEN i %% 9 = 0 THEN 'v' || i END AS t%d".formatted(i))
                .collect(Collectors.joining());
        var object = dataset.write(
                "a.parquet",
                "SELECT i AS id, CASE WHEN i = 7 THEN repeat('x', %d) END AS text%s FROM range(20) AS t(i)"
                        .formatted(length, others));
        List<String> records = dataset.exported("SELECT * FROM events WHERE true", List.of(object), omitNulls);
        int size;
        try (var connection = SharedDuckDb.connect();
                var statement = connection.createStatement();
                var sizes = statement.executeQuery(
                        "SELECT total_uncompressed_size FROM parquet_metadata('%s') WHERE path_in_schema = 'text'"
                                .formatted(object.url()))) {
            sizes.next();
            size = sizes.getInt(1);
        }
        assertThat(size).isGreaterThan((int) length);
        patch(object, count(size), count(8200), "all");
        close();
        open();
        var hidden = dataset.add("a.parquet");

        assertThat(dataset.exported("SELECT * FROM events", List.of(hidden), omitNulls))
                .isEqualTo(records)
                .hasSize(20)
                .element(7)
                .asString()
                .hasSizeGreaterThan((int) length);
    }

    private static ByteBuffer bytes(int count) {
        return ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A number as a footer has it: zigzag, in seven bits a byte. */
    private static byte[] count(int number) {
        long left = (long) number << 1 ^ (long) number >> 63;
        var bytes = new ArrayList<Byte>();
        do {
            bytes.add((byte) (left > 127 ? left & 127 | 128 : left));
            left >>>= 7;
        } while (left > 0);
        byte[] all = new byte[bytes.size()];
        for (int i = 0; i < all.length; i++) {
            all[i] = bytes.get(i);
        }
        return all;
    }

    /** Changes bytes of the footer, which are there. */
    private static void patch(LakeObject object, byte[] from, byte[] to, String which) {
        try {
            Path path = Path.of(object.url());
            byte[] file = Files.readAllBytes(path);
            assertThat(to).hasSameSizeAs(from);
            int length = ByteBuffer.wrap(file, file.length - 8, 4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getInt();
            List<Integer> places = new ArrayList<>();
            for (int i = file.length - 8 - length; i < file.length - 8; i++) {
                if (Arrays.equals(file, i, i + from.length, from, 0, from.length)) {
                    places.add(i);
                }
            }
            assertThat(places).isNotEmpty();
            List<Integer> chosen =
                    switch (which) {
                        case "first" -> places.subList(0, 1);
                        case "third" -> places.subList(2, 3);
                        case "last" -> places.subList(places.size() - 1, places.size());
                        default -> places;
                    };
            for (int place : chosen) {
                System.arraycopy(to, 0, file, place, to.length);
            }
            Files.write(path, file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
