package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/lookups.md, done word for word over the bundled sample. */
class LookupsPageIT {
    @TempDir
    private Path folder;

    @Test
    void everyCommandWorks() throws Exception {
        assertThat(new WrittenPage("docs/lookups.md", folder).run().compared()).isEqualTo(2);
    }
}
