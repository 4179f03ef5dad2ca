package com.bytefreezer.connector.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.cursor.Counts;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.camel.TypeConverter;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;

class BatchTest {
    private static final String[] RECORDS = {"{\"n\":1.0}", "{\"n\":\"zwölf\"}", "{}", "{\"n\":[4]}", "{\"n\":null}"};
    private static final byte[][] TWO = {{'{', '}'}, {'{', '}'}};
    private final Unit unit = SomeBatch.unit("one.parquet");
    private final Batch batch = SomeBatch.of(unit, 100, RECORDS);

    @Test
    void theIdFollowsFromTheRecordsAlone() {
        assertThat(batch.id())
                .matches("[0-9a-f]{32}")
                .isEqualTo(SomeBatch.of(SomeBatch.unit("one.parquet"), 100, RECORDS)
                        .id())
                .isNotEqualTo(SomeBatch.of(unit, 101, RECORDS).id())
                .isNotEqualTo(SomeBatch.of(unit, 100, "{}").id())
                .isNotEqualTo(SomeBatch.of(SomeBatch.unit("two.parquet"), 100, RECORDS)
                        .id());
    }

    @Test
    void theIdOfABundlesBatchDoesNotDependOnOtherObjects() {
        var two = new Batch(SomeBatch.unit("a", "b"), 0, TWO, new long[] {4, Batch.number(1, 0)});
        var three = new Batch(SomeBatch.unit("a", "b", "c"), 0, TWO, new long[] {4, Batch.number(1, 0)});
        var another = new Batch(SomeBatch.unit("a", "c", "b"), 0, TWO, new long[] {4, Batch.number(1, 0)});

        assertThat(two.id()).isEqualTo(three.id()).isNotEqualTo(another.id());
        assertThat(two.recordIds()).isEqualTo(three.recordIds());
        assertThat(two.recordIds().get(1))
                .isEqualTo(new Batch(SomeBatch.unit("b"), 0, TWO, new long[] {0, 1})
                        .recordIds()
                        .get(0));
    }

    @Test
    void partsOfABatchKeepTheIdsOfJoinedRecords() {
        var rows = new byte[][] {{'a'}, {'b'}, {'b'}};
        var names = new JoinedName[] {new JoinedName(7, 10, 0), new JoinedName(7, 11, 0), new JoinedName(7, 11, 1)};
        var joined = Batch.joined(unit, 0, rows, new long[] {0, 1, 2}, names);
        var ids = joined.recordIds();

        assertThat(ids).doesNotHaveDuplicates().allMatch(id -> id.matches("[\\w-]{22}-7-000000000000000[ab](-1)?"));
        assertThat(joined.halves()).extracting(Batch::recordIds).containsExactly(ids.subList(0, 1), ids.subList(1, 3));
        var other = new JoinedName[] {names[0], names[1], new JoinedName(8, 11, 0)};
        assertThat(joined.id())
                .isNotEqualTo(
                        Batch.joined(unit, 0, rows, new long[] {0, 1, 2}, other).id());
        joined.accept(0);
        joined.reject(1, "no");
        assertThat(joined.open().map(Batch::recordIds)).contains(ids.subList(2, 3));
        assertThat(joined.rejections()).extracting(Batch.Rejection::id).containsExactly(ids.get(1));
    }

    @Test
    void deadLettersOfOneNumberAreSettledEachForItself() {
        // A lookup has changed in between, so that another record had the number.
        var letters = List.of(letter("id-1"), letter("id-2"));

        var again = DeadLetter.batch(new Lane("default", "webhook"), letters);
        again.accept(0);

        assertThat(again.recordIds()).containsExactly("id-1", "id-2");
        assertThat(again.open().map(Batch::recordIds)).contains(List.of("id-2"));
    }

    @Test
    void theIdIsAnotherForAnotherQuery() {
        var object = SomeBatch.unit("a").objects();
        var other = new Unit(new Lane("default", "webhook"), "acme", "syslog", object, "query-2", null, null, true);

        assertThat(SomeBatch.of(other, 0, "{}").id())
                .isNotEqualTo(SomeBatch.of(SomeBatch.unit("a"), 0, "{}").id());
    }

    @Test
    void bothFormatsHoldEachRecordAsItIs() {
        assertThat(batch.toString()).isEqualTo(String.join("\n", RECORDS) + "\n");
        assertThat(text(batch.recordsDocument()))
                .isEqualTo("{\"records\":[" + String.join(",", RECORDS) + "],\"count\":5}");
        assertThat(batch.records()).extracting(BatchTest::text).containsExactly(RECORDS);
        assertThat(batch.size()).isEqualTo(batch.ndjson().length);
    }

    @Test
    void halvesHoldTheRecordsInOrderAndHaveIdsOfTheirOwn() {
        var halves = batch.halves();

        assertThat(halves).extracting(Batch::recordCount).containsExactly(2, 3);
        assertThat(halves.get(0) + "" + halves.get(1)).isEqualTo(batch.toString());
        assertThat(text(halves.get(1).recordsDocument()))
                .isEqualTo("{\"records\":[{},{\"n\":[4]},{\"n\":null}],\"count\":3}");
        assertThat(halves.get(1).size()).isEqualTo(halves.get(1).ndjson().length);
        assertThat(List.of(batch.id(), halves.get(0).id(), halves.get(1).id())).doesNotHaveDuplicates();
    }

    @Test
    void aRecordRejectedFromAPartCountsForTheWholeBatch() {
        var part = batch.halves().get(1).halves().get(1).halves().get(1);
        part.reject(0, "no");

        assertThat(batch.rejections()).singleElement().satisfies(rejection -> {
            assertThat(rejection.recordNumber()).isEqualTo(104);
            assertThat(text(rejection.json())).isEqualTo(RECORDS[4]);
        });
        assertThat(batch.outcome()).isEqualTo(new Counts(5, 4, 0, 1));
    }

    @Test
    void openIsWhatNoAnswerHasSettledYet() {
        batch.accept(0);
        batch.duplicate(2);
        batch.reject(3, "no");

        var open = batch.open().orElseThrow();
        assertThat(open.toString()).isEqualTo(RECORDS[1] + "\n" + RECORDS[4] + "\n");
        assertThat(open.recordIds())
                .containsExactly(batch.recordIds().get(1), batch.recordIds().get(4));
        assertThat(open.id())
                .isNotEqualTo(batch.id())
                .isNotEqualTo(batch.halves().get(0).id());

        open.accept(1);
        assertThat(batch.open())
                .hasValueSatisfying(last -> assertThat(last.toString()).isEqualTo(RECORDS[1] + "\n"));
        open.accept(0);
        assertThat(batch.open()).isEmpty();
        assertThat(batch.outcome()).isEqualTo(new Counts(5, 3, 1, 1));
    }

    @Test
    void eachRecordHasAnIdOfItsOwnThatStaysTheSame() {
        assertThat(batch.recordIds())
                .hasSize(5)
                .doesNotHaveDuplicates()
                .isEqualTo(SomeBatch.of(SomeBatch.unit("one.parquet"), 100, RECORDS)
                        .recordIds())
                .doesNotContainAnyElementsOf(SomeBatch.of(unit, 105, RECORDS).recordIds())
                .doesNotContainAnyElementsOf(SomeBatch.of(SomeBatch.unit("two.parquet"), 100, RECORDS)
                        .recordIds());
        assertThat(batch.halves().get(1).recordIds())
                .isEqualTo(batch.recordIds().subList(2, 5));
    }

    @Test
    void routesGetABatchAsWhateverTheyAskFor() throws Exception {
        var converter = new DefaultCamelContext(false).getTypeConverterRegistry();
        converter.addTypeConverters(BatchConverters.class);
        var camel = (TypeConverter) converter;
        var second = batch.halves().get(1);
        var lines = "{}\n{\"n\":[4]}\n{\"n\":null}\n";

        assertThat(camel.convertTo(String.class, second)).isEqualTo(lines);
        assertThat(text(camel.convertTo(byte[].class, second))).isEqualTo(lines);
        assertThat(text(camel.convertTo(InputStream.class, second).readAllBytes()))
                .isEqualTo(lines);
        List<?> maps = camel.convertTo(List.class, second);
        assertThat(maps.size()).isEqualTo(3);
        assertThat(maps.get(1)).isEqualTo(Map.of("n", List.of(4)));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static DeadLetter letter(String id) {
        return new DeadLetter(
                "2026-11-01T00:00:00Z", "default", "acme", "syslog", "a", 4, "batch", "webhook", id, "no", TWO[0]);
    }
}
