#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The small app of docs/api/languages.md in Perl, with the modules that come with it.
use v5.36;
use JSON::PP qw(decode_json encode_json);
use Socket qw(SOCK_STREAM);

use constant { AF_VSOCK => 40, CID => 2, PORT => 1 };    # the system's API
my @buttons = ({ id => 'again', label => 'Again' }, { id => 'done', label => 'Done' });
my %why_not = (
    'org.varlink.service.PermissionDenied' => 'I may not know',
    'org.varlink.service.MethodNotFound'   => 'this system has no such thing',
    'io.bulkhead.Location.NoSource'        => 'nobody knows',
);

$| = 1;
$/ = "\0";                  # what ends a "line": readline() keeps what came behind it
$SIG{PIPE} = 'IGNORE';
binmode STDOUT, ':utf8';

# struct sockaddr_vm of vsock(7): family, reserved, port, CID, flags and zeros
socket(my $system, AF_VSOCK, SOCK_STREAM, 0) or die "lost the system: $!\n";
connect($system, pack('S S L L L', AF_VSOCK, 0, PORT, CID, 0)) or die "lost the system: $!\n";
$system->autoflush;

# The whole answer: with the key "parameters" or "error".
sub try_call ($method, $parameters = {}) {
    print $system encode_json({ method => $method, parameters => $parameters }), "\0"
        or die "lost the system: $!\n";
    my $reply = readline $system;
    die "lost the system\n" if !defined $reply || !chomp $reply;
    return decode_json($reply);
}

sub call ($method, $parameters = {}) {
    my $reply = try_call($method, $parameters);
    die "the system refused: $reply->{error}\n" if $reply->{error};
    return $reply->{parameters};
}

sub introspect {
    my $info = call('org.varlink.service.GetInfo');
    say "$info->{product} $info->{version}";
    say "  $_" for $info->{interfaces}->@*;
    my $answer = call('org.varlink.service.GetInterfaceDescription', { interface => 'io.bulkhead.Notification' });
    say join ' ', 'methods:', $answer->{description} =~ /^method (\w+)/mg;
}

# The id of the button that the person pressed; undef when they dismissed the notification.
sub ask ($body) {
    my %post = (title => 'Hello from Perl', body => $body, buttons => \@buttons);
    say 'posted ', call('io.bulkhead.Notification.Post', \%post)->{id};
    my $button = call('io.bulkhead.Notification.Watch')->{button};
    say 'pressed ', $button // 'nothing';
    return $button;
}

introspect();
my $button = ask('Shall I ask again?');
$button = ask('You pressed "Again".') while ($button // '') eq 'again';

my $reply = try_call('io.bulkhead.Location.Watch', { accuracy => 'coarse' });
if (my $error = $reply->{error}) {
    say 'location: ', $why_not{$error} // $error;
} else {
    say sprintf 'location: %.2f %.2f', $reply->{parameters}->@{qw(latitude longitude)};
}
