package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/add-a-destination.md, done word for word. */
class AddADestinationIT {
    @TempDir
    private Path folder;

    @Test
    void everyFileAndCommandWorks() throws Exception {
        WrittenPage.Done done = new WrittenPage("docs/add-a-destination.md", folder).run();

        assertThat(done.compared()).isEqualTo(1);
        assertThat(done.printed().stream()
                        .flatMap(String::lines)
                        .filter(line -> line.contains(": certified."))
                        .map(line -> line.replaceFirst(":.*", "")))
                .containsExactly("collector", "file", "bulk");
    }
}
