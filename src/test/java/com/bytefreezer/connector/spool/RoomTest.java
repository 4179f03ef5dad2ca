package com.bytefreezer.connector.spool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoomTest {
    /** The disk's total and free bytes, those asked for, and those that stay free. */
    @ParameterizedTest
    @CsvSource({"2000, 150, 51, 100", "1000000000000, 1000000050, 51, '1,000,000,000'"})
    void someOfTheDiskStaysFreeForPacks(long total, long free, long bytes, String kept) {
        Room room = new Room(Long.MAX_VALUE, disk(total, free));
        room.require(bytes - 1);
        room.give(bytes - 1);
        assertThatThrownBy(() -> room.require(bytes))
                .isInstanceOfSatisfying(ConnectorException.class, full -> assertThat(full.kind())
                        .isEqualTo(Problem.Kind.NO_ROOM))
                .hasMessageStartingWith("the disk of the spool is full: %s bytes stay free for packs.".formatted(kept));
        assertThat(room.used()).isZero();
    }

    @Test
    void aDiskThatDoesNotTellHasRoom() {
        Room room = new Room(100, new Room.Disk() {
            @Override
            public long free() throws IOException {
                throw new IOException("it does not tell");
            }

            @Override
            public long total() {
                return 1;
            }
        });
        room.require(60);
        assertThatThrownBy(() -> room.require(60)).hasMessageContaining("spool.max-bytes 100");
        assertThat(room.used()).isEqualTo(60);
    }

    private static Room.Disk disk(long total, long free) {
        return new Room.Disk() {
            @Override
            public long free() {
                return free;
            }

            @Override
            public long total() {
                return total;
            }
        };
    }
}
