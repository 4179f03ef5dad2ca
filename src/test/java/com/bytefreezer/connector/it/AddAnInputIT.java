package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/add-an-input.md, done word for word. */
class AddAnInputIT {
    @TempDir
    private Path folder;

    @Test
    void everyFileAndCommandWorks() throws Exception {
        WrittenPage.Done done = new WrittenPage("docs/add-an-input.md", folder).run();

        assertThat(done.compared()).isEqualTo(1);
        assertThat(done.printed()).last().asString().contains("firewall: certified. Under each of 9 faults ");
    }
}
