package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.TestTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program keeps what its OpenAPI document promises, as schemathesis sees it. */
class OpenApiIT {
    /**
     * A document cannot say which SQL, names and addresses there are; a number is taken where a text is expected; and the
     * outcome of a run can be read after it was stopped.
     */
    private static final String NOT_CHECKED = "positive_data_acceptance,negative_data_rejection,use_after_free";

    @TempDir
    private Path folder;

    @Test
    void everyAnswerIsAsTheDocumentSays() throws Exception {
        Path program = TestTools.schemathesis();
        Routes.copyTo(folder.resolve("routes"));
        copy(TestTools.projectDirectory().resolve("samples/lake"), folder.resolve("lake"));
        try (ConnectorProcess connector = ConnectorProcess.start(
                folder, Map.of(), List.of("-Xmx256m"), "--set", "server.port=0", "--set", "lake.root=file:lake")) {
            String address = connector.link().replaceFirst("/$", "");
            Path report = folder.resolve("report");
            Process schemathesis = new ProcessBuilder(
                            program.toString(),
                            "run",
                            address + "/api/v1/openapi.yaml",
                            "--url=" + address,
                            "--seed=1",
                            "--max-examples=8",
                            // Of a busy machine.
                            "--suppress-health-check=too_slow",
                            "--exclude-checks=" + NOT_CHECKED)
                    .directory(Files.createDirectory(folder.resolve("work")).toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(report.toFile())
                    .start();
            try {
                int code = schemathesis.waitFor();
                assertThat(code).as(Files.readString(report)).isZero();
            } finally {
                schemathesis.destroyForcibly();
            }
            assertThat(connector.standardError()).doesNotContain("The request was not answered", "\tat ");
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }
}
