package com.bytefreezer.connector.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.delivery.Batch;
import com.bytefreezer.connector.delivery.SomeBatch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StandardOutputTest {
    private static final int BUFFER = 64 * 1024;

    @Test
    void everyRecordIsALineHoweverLongItIs() throws IOException {
        Batch batch = batch(1, BUFFER - 3, 2, BUFFER - 2, BUFFER - 1, 0, BUFFER, BUFFER + 1, 3 * BUFFER, 1, 1);
        var written = new ByteArrayOutputStream();
        var output = new StandardOutput(written);

        output.write(batch);
        output.write(batch);

        assertThat(written).hasToString(batch.toString().repeat(2));
    }

    @Test
    void aBatchThatFailsLeavesNothingForTheNextOne() throws IOException {
        var written = new ByteArrayOutputStream();
        var output = new StandardOutput(new OutputStream() {
            private boolean broken = true;

            @Override
            public void write(int b) {
                throw new UnsupportedOperationException();
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                if (broken) {
                    broken = false;
                    throw new IOException("no space left");
                }
                written.write(bytes, offset, length);
            }
        });

        assertThatThrownBy(() -> output.write(batch(10))).hasMessage("no space left");
        Batch next = batch(20);
        output.write(next);

        assertThat(written).hasToString(next.toString());
    }

    private static Batch batch(int... lengths) {
        String[] records = IntStream.range(0, lengths.length)
                .mapToObj(i -> String.valueOf((char) ('a' + i)).repeat(lengths[i]))
                .toArray(String[]::new);
        return SomeBatch.of(SomeBatch.unit("a"), 0, records);
    }
}
