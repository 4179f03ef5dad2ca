package com.bytefreezer.connector.api.data;

import com.bytefreezer.connector.config.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.camel.Exchange;
import org.apache.camel.support.SynchronizationAdapter;
import org.apache.camel.util.IOHelper;

/** Where an answer is until it is sent, because several would not fit into memory. */
final class AnswerFile {
    private AnswerFile() {}

    /** A file that goes with this process, however that ends: its name is removed as soon as it is open. */
    static FileChannel nameless(Settings settings) throws IOException {
        return nameless(Files.createTempFile(settings.temporaryFolder(), "bytefreezer-result-", ".json"));
    }

    /** The same of a file that is there. */
    static FileChannel nameless(Path file) throws IOException {
        return FileChannel.open(
                file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
    }

    /** The content from its beginning; closes the file once the answer is sent, or cannot be. */
    static InputStream untilSent(Exchange exchange, FileChannel file) throws IOException {
        InputStream stream = Channels.newInputStream(file.position(0));
        exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
            @Override
            public void onDone(Exchange done) {
                IOHelper.close(stream);
            }
        });
        return stream;
    }
}
