package com.bytefreezer.connector.lane;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.lake.LakeObject;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnreadTest {
    private final Unread unread = new Unread();

    @Test
    void objectsWithTheSameReasonAreNamedTogether() {
        for (String name : List.of("a", "b", "c", "d", "e")) {
            unread.add(unit(name), "IO Error: \"/lake/%s\" is no Parquet file".formatted(name));
        }
        unread.add(unit("f"), "it is empty");

        assertThat(unread)
                .hasToString(
                        "6 objects could not be read and stay undelivered: a, b, c and 2 more (IO Error: it is no Parquet file); f (it is empty)");
    }

    @Test
    void oneObjectIsOne() {
        unread.add(unit("a"), "it is empty");

        assertThat(unread).hasToString("1 object could not be read and stays undelivered: a (it is empty)");
    }

    @Test
    void manyReasonsAreCutShort() {
        for (int i = 0; i < 9; i++) {
            unread.add(unit("o" + i), "reason " + i);
        }

        assertThat(unread.toString())
                .startsWith("9 objects could not be read")
                .contains("o2 (reason 2)")
                .doesNotContain("reason 3")
                .endsWith("; others for other reasons");
    }

    private static Unit unit(String key) {
        var object = new LakeObject("/lake/" + key, key, 42, Instant.EPOCH);
        return new Unit(new Lane("default", "stdout"), "acme", "syslog", List.of(object), "query", null, null, true);
    }
}
