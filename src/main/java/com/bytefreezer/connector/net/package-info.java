/** HTTP and TLS to other hosts: addresses, certificates, headers, answers that are complete and have a bound. */
@NullMarked
package com.bytefreezer.connector.net;

import org.jspecify.annotations.NullMarked;
